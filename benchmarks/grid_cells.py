"""Starts cells for the benchmarks: nodes as processes, each with a NATS server and folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_hooks import Secret

CONFIG = "models: {echo: {provider: echo}}\nroles: {router: [echo], reasoning: [echo], coding: [echo]}\n"
TOKEN = "benchmark"  # of servers on this machine that end with the run


@contextmanager
def cell(folder: Path, count: int) -> Iterator[Cell]:
    """A cell of one or of three nodes, for as long as the block lasts."""
    ports = free_ports(2 * count)
    urls = [f"nats://127.0.0.1:{port}" for port in ports[:count]]
    peers = [f"127.0.0.1:{port}" for port in ports[count:]] if count > 1 else []
    with ExitStack() as stack:
        nodes = []
        for number in range(count):
            engine = {"port": ports[number], "cluster_port": ports[count + number] if peers else 0, "peers": peers}
            section = {"node": f"n{number}", "token": TOKEN, "urls": urls, "engine": engine}
            nodes.append(stack.enter_context(node(folder / f"n{number}-of-{count}", section)))
        for each in nodes:
            assert each.stdout is not None
            each.stdout.readline()
        yield Cell(urls=urls, token=Secret(TOKEN))


@contextmanager
def node(folder: Path, section: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """One node; it says a line when it is ready."""
    folder.mkdir()
    (folder / "auraconfig.yaml").write_text(f"{CONFIG}grid: {json.dumps({**section, 'drain': 1.0})}\n")
    program = [sys.executable, "-P", "-c", "from aurarouter_core.cli import main; main()"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*program, "--config", str(folder / "auraconfig.yaml"), "grid", "up", "--json"],
            env={**os.environ, "AURAROUTER_HOME": str(folder / "home")},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as running,
    ):
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)


@asynccontextmanager
async def empty_cell(folder: Path) -> AsyncIterator[tuple[NatsServer, Cell]]:
    """A real NATS server with everything that a cell keeps, and no node."""
    server = NatsServer("empty", Grid(), folder)
    await server.start()
    try:
        way = Cell(urls=[server.url], token=Secret(server.token))
        async with Engine(way) as engine:
            await engine.make()
        yield server, way
    finally:
        await server.stop()


def free_ports(count: int) -> list[int]:
    """Ports that nobody has right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
