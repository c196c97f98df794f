"""From the start of an MCP server to its first tool result, beside the SDK's own hello-world server: paired medians.

The server's own processor time is told too, until its end: a busy machine disturbs it less.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from measure import arguments

from aurarouter_core import Home
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

SETTINGS = "models: {echo: {provider: echo}}\nroles: {coding: [echo]}\n"
HELLO = """\
from typing import Any
from mcp.server import MCPServer

server = MCPServer("hello")

@server.tool()
def route_task(task: str) -> dict[str, Any]:
    return {"text": task}

server.run("stdio")
"""
PROGRAM = str(Path(sys.executable).with_name("aurarouter"))


def spent() -> float:
    """Milliseconds of processor time that children took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) * 1e3


async def first_result(command: str, *options: str, **variables: str) -> tuple[float, float]:
    """Milliseconds from the start of a server to the answer of its first call, and of its processor time in all."""
    door = StdioServerParameters(command=command, args=[*options], env=dict(os.environ) | variables)
    before, began = spent(), perf_counter()
    async with Client(stdio_client(door)) as client:
        told = await client.call_tool("route_task", {"task": "hello"})
        took = (perf_counter() - began) * 1e3
    if told.is_error:
        raise RuntimeError(f"the server failed: {told.content}")
    return took, spent() - before


async def measured(folder: Path, turns: int) -> None:
    hello = folder / "hello.py"
    hello.write_text(HELLO, encoding="utf-8")
    rows: list[tuple[tuple[float, float], ...]] = []
    for turn in range(turns + 1):
        peer = await first_result(sys.executable, str(hello))
        alone = await first_result(PROGRAM, "start", AURAROUTER_NO_DAEMON="1")
        for place in Place.all(Home(folder)):
            stop(place, force=True)
        cold = await first_result(PROGRAM, "start")  # starts the engine
        warm = await first_result(PROGRAM, "start")
        if turn:  # the first fills the caches of the disk
            rows.append((peer, alone, cold, warm))
    peers, *ours = zip(*rows, strict=True)
    times, cpu = [median(part) for part in zip(*peers, strict=True)]
    print(f"the SDK's hello-world server         {times:7.0f} ms           {cpu:7.0f} ms of processor")
    for name, runs in zip(("in process", "cold: starts the engine", "with a running engine"), ours, strict=True):
        line = f"aurarouter start, {name:24}"
        for figures, yardsticks in zip(zip(*runs, strict=True), zip(*peers, strict=True), strict=True):
            ratio = median(one / peer for one, peer in zip(figures, yardsticks, strict=True))
            line += f"{median(figures):8.0f} ms  {ratio:5.2f} x"
        print(line)


def main() -> None:
    parser = arguments("Start an MCP server, and call its first tool")
    parser.add_argument("--turns", type=int, default=11)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["AURAROUTER_HOME"] = name
        os.environ.pop("AURAROUTER_NO_DAEMON", None)
        (folder / "auraconfig.yaml").write_text(SETTINGS, encoding="utf-8")
        try:
            asyncio.run(measured(folder, turns))
        finally:
            for place in Place.all(Home(folder)):
                stop(place, force=True)


if __name__ == "__main__":
    main()
