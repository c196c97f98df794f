"""`aurarouter start`: the MCP server, on standard input and output or over HTTP; and the group `mcp`."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import click
from attrs import asdict, evolve

from aurarouter_core import starting


class Installing(click.Group):
    """Its commands are imported when one of them is asked for: a server starts sooner without them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, sorted."""
        return ["install", "uninstall"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; None when there is none."""
        from aurarouter_mcp.installing import install, uninstall

        return {"install": install, "uninstall": uninstall}.get(cmd_name)


@click.group("mcp", cls=Installing)
def mcp() -> None:
    """Put AuraRouter into the settings of MCP clients, or take it out."""


@click.command("start")
@click.option("--http", is_flag=True, help="Serve over HTTP, for many clients, until interrupted.")
@click.option("--host", help="With --http: address to listen on, instead of 'mcp.http.host'.")
@click.option("--port", type=click.IntRange(0, 65535), help="With --http: port, instead of 'mcp.http.port'; 0 for any.")
@click.option("--json", "as_json", is_flag=True, help="With --http: say as JSON where it listens.")
@click.pass_context
def start(context: click.Context, http: bool, host: str | None, port: int | None, as_json: bool) -> None:
    """Serve MCP clients over standard input and output."""
    given = context.find_root().obj
    path = str(given) if given else None
    if http:
        asyncio.run(_over_http(path, host, port, as_json=as_json))
        return
    if host is not None or port is not None or as_json:
        raise click.UsageError("--host, --port and --json belong to --http")
    asyncio.run(_over_stdio(path))


async def _over_stdio(path: str | None) -> None:
    async with AsyncExitStack() as stack:
        with starting():
            from aurarouter_mcp.engine import open_engine
            from aurarouter_mcp.server import server
            from aurarouter_mcp.wire import messages, take

            came, goes = take()
            engine = await stack.enter_async_context(open_engine(path))
            section = await engine.section("mcp")
            serving = server(engine, section)
            read, write = await stack.enter_async_context(messages(came, goes, section["max_message"]))
        await serving.run(read, write, serving.create_initialization_options())


async def _over_http(path: str | None, host: str | None, port: int | None, *, as_json: bool) -> None:
    from aurarouter_core import Pause, bound, guarded, url_of
    from aurarouter_mcp.door import PATH
    from aurarouter_mcp.engine import open_engine
    from aurarouter_mcp.http import serve
    from aurarouter_mcp.server import server

    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    async with open_engine(path) as engine:
        settings = engine.settings("mcp")
        settings = evolve(settings, http=evolve(settings.http, **chosen))
        keys = guarded(settings.http, "mcp.http")
        listener = bound(settings.http)
        url = url_of(settings.http, listener) + PATH
        pause = Pause("the MCP server")

        def turned(paused: bool) -> None:
            if as_json:
                click.echo(json.dumps({"url": url, "paused": paused}))

        def ready() -> None:
            pause.listen(turned)
            if as_json:
                click.echo(json.dumps({"url": url}))
            else:
                click.echo(f"AuraRouter's MCP server answers at {url}", err=True)

        serving = server(engine, asdict(settings), network=True, pause=pause)
        await serve(serving, settings, keys, listener, ready)
