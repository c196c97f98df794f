"""`aurarouter start`: the MCP server on standard input and output, until the client leaves."""

from __future__ import annotations

import asyncio
import os
import sys
from io import TextIOWrapper

import click


@click.command("start")
@click.pass_context
def start(context: click.Context) -> None:
    """Serve MCP clients over standard input and output."""
    sys.stdout.flush()
    wire = os.dup(1)
    os.dup2(2, 1)  # whatever a plugin or a library prints must miss the protocol
    path = context.find_root().obj
    asyncio.run(_served(str(path) if path else None, wire))


async def _served(path: str | None, wire: int) -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    from aurarouter_mcp.engine import open_engine
    from aurarouter_mcp.server import server

    out = anyio.wrap_file(TextIOWrapper(os.fdopen(wire, "wb"), encoding="utf-8"))
    async with open_engine(path) as engine, stdio_server(stdout=out) as (read, write):
        serving = server(engine)
        await serving.run(read, write, serving.create_initialization_options())
