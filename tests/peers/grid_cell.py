"""Real nodes that make one cell: three with a nats-server each, or some with one of them all."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_hooks import Secret
from grid_node import ECHO, PROGRAM, SLOW, GridNode, free_ports

TOKEN = "the-cells-own-token"


class GridCell:
    """A cell of three.

    Args:
        folder: For all of them.
        grid: More of each node's section `grid`.
        config: Each node's configuration file.
        program: As of a `GridNode`.
    """

    def __init__(
        self, folder: Path, grid: dict[str, Any] | None = None, config: str = SLOW, program: str = PROGRAM
    ) -> None:
        ports = free_ports(6)
        self.ports, self.cluster_ports = ports[:3], ports[3:]
        peers = [f"127.0.0.1:{port}" for port in self.cluster_ports]
        urls = [f"nats://127.0.0.1:{port}" for port in self.ports]
        self.cell = Cell(urls=urls, token=Secret(TOKEN))
        self.nodes = []
        for number, (port, cluster) in enumerate(zip(self.ports, self.cluster_ports, strict=True)):
            engine = {"port": port, "cluster_port": cluster, "peers": peers}
            section = {"token": TOKEN, "urls": urls, "engine": engine, **(grid or {})}
            self.nodes.append(GridNode(f"n{number}", folder / f"n{number}", config, section, program=program))

    def start(self) -> Self:
        """Start all three; a cell is there once two of them are."""
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait_ready()
        return self

    def stop(self) -> None:
        """End all of them."""
        for node in self.nodes:
            if node.process and node.process.poll() is None:
                node.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def kill_engine(self, number: int) -> None:
        """End a nats-server without any goodbye; its node starts it again."""
        os.kill(self.nodes[number].engine_pid(), signal.SIGKILL)

    def session(self) -> Session:
        """A program's way in."""
        return Session(cell=self.cell)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def by_one_server(folder: Path, *names: str, program: str = "") -> Iterator[list[GridNode]]:
    """Nodes that make one cell; only the first has a nats-server."""
    first = GridNode(names[0], folder / names[0], program=program).start()
    others = [GridNode(name, folder / name, ECHO, first.joining, program=program) for name in names[1:]]
    try:
        for node in others:
            node.begin()
        for node in others:
            node.wait_ready()
        yield [first, *others]
    finally:
        for node in [*others, first]:
            node.stop()
