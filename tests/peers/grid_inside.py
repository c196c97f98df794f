"""Nodes of one cell inside the test's own process, on one real nats-server: each has its own home, file and plugins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import evolve

from aurarouter_auragrid.arrival import Guard
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.node.node import Node
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Engine as EngineSettings
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Home, Plugins, load_config
from aurarouter_hooks import Chunk, Location, Prompt, Provider, Reply, Secret, hookimpl


class Slow(Provider):
    """Takes the seconds that the prompt asks for, and says which setting it works with."""

    async def generate(self, prompt: Prompt) -> Reply:
        return Reply(text="".join([chunk.text async for chunk in self.stream(prompt)]))

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        seconds = re.search(r"SLEEP ([0-9.]+)", prompt.text)
        for _ in range(3):
            await asyncio.sleep(float(seconds[1]) if seconds else 0.0)
            yield Chunk(text="piece\n")
        yield Chunk(text=f"word {self.model.options.get('word', '')}", finish="stop")

    async def where(self) -> Location:
        return Location(kind="process")


class Rare(Slow):
    """A provider that one of the nodes lacks."""


class Brings:
    """A plugin with some providers."""

    def __init__(self, **providers: type[Provider]) -> None:
        self._providers = providers

    @hookimpl
    def register_providers(self) -> Mapping[str, type[Provider]]:
        return self._providers


SETTINGS: dict[str, Any] = {
    "models": {"slow": {"provider": "slow"}},
    "roles": {"router": ["slow"], "reasoning": ["slow"], "coding": ["slow"]},
}


class InsideCell:
    """A nats-server, and nodes that come and go.

    Args:
        folder: For all of them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = NatsServer("inside", Grid(), folder / "engine")
        self.nodes: dict[str, Node] = {}
        self.environments: dict[str, dict[str, str]] = {}
        self.cell: Cell

    async def join(
        self,
        name: str,
        *,
        settings: Mapping[str, Any] = SETTINGS,
        environ: Mapping[str, str] | None = None,
        **providers: type[Provider],
    ) -> Node:
        """Start a node whose file says these settings; it has `slow` and the providers that are named."""
        home = Home(self._folder / name)
        grid = Grid(
            node=name,
            urls=self.cell.urls,
            token=self.cell.token,
            engine=EngineSettings(own=False),
            drain=2.0,
        )
        plugins = Plugins(extra=[Guard(), Brings(slow=Slow, **providers)])
        variables = {"AURAROUTER_HOME": str(home.root), **(environ or {})}
        self.environments[name] = variables
        config = load_config(plugins, settings=settings, environment="auragrid", environ=variables)
        node = Node(grid, config, home=home, plugins=plugins)
        await node.__aenter__()
        self.nodes[name] = node
        return node

    async def leave(self, name: str) -> None:
        """Stop a node."""
        await self.nodes.pop(name).stop()

    def engine(self) -> Engine:
        """A program's way in."""
        return Engine(evolve(self.cell), "test")

    async def __aenter__(self) -> Self:
        await self._server.start()
        self.cell = Cell(urls=[self._server.url], token=Secret(self._server.token))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name in [*self.nodes]:
            await self.leave(name)
        await self._server.stop()
