"""A member of the cell: its own NATS server, a router, the services, a worker for events, and a heartbeat."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from typing import Any, Self

from attrs import evolve

from aurarouter_auragrid.arrival import Guard
from aurarouter_auragrid.cell import Cell, folder, forget_cell, hold, write_cell
from aurarouter_auragrid.configuration.following import Follower
from aurarouter_auragrid.deployment.bringing import Bringing
from aurarouter_auragrid.deployment.converging import Converging
from aurarouter_auragrid.deployment.hold import states
from aurarouter_auragrid.discovery.discovery import Discovery
from aurarouter_auragrid.ending import ended, until
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.settled import APPS
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.node.assets import registered
from aurarouter_auragrid.node.control import Control
from aurarouter_auragrid.node.heartbeat import Heartbeat
from aurarouter_auragrid.node.standing import Standing
from aurarouter_auragrid.node.worker import Worker
from aurarouter_auragrid.records import Endpoint, NodeRecord
from aurarouter_auragrid.remote.models import Models
from aurarouter_auragrid.sealing.keys import KeyFolder
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid, own_name
from aurarouter_auragrid.wire.auth import Door, apps_of
from aurarouter_auragrid.wire.calls import Calls
from aurarouter_auragrid.wire.codec import SERVICES
from aurarouter_auragrid.wire.own_certificate import ends_soon, require_trusted
from aurarouter_auragrid.wire.serving import Serving, require_safe
from aurarouter_core import Config, Home, Plugins, Router, __version__, load_config
from aurarouter_core.auth import Doorkeeper
from aurarouter_hooks import AuraRouterError, Secret
from aurarouter_hooks.values.ids import new_id

log = logging.getLogger(__name__)
LOOK = 2.0
"""Seconds between two looks at the models' health and the cell's configuration."""


class Node:
    """One node, for as long as its `async with` block lasts.

    Args:
        grid: How it takes part.
        config: What its router works with; None for the usual places.
        home: Its own folder.
        plugins: Installed plugins, and one that guards private content; None for all installed.
    """

    def __init__(
        self,
        grid: Grid,
        config: Config | None = None,
        *,
        home: Home | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self.grid, self.name = grid, grid.node or own_name()
        self._instance = new_id()[:12]
        self._home = home or Home.of()
        self.plugins = plugins or Plugins(extra=[Guard()])
        config = config or load_config(self.plugins, environment="auragrid")
        self.router = Router(config, self.plugins, home=self._home, surface="grid", watch=LOOK)
        self.server = NatsServer(self.name, grid, folder(self._home) / "engine") if grid.engine.own else None
        self.standing = Standing(self.name, lambda: self.engine.configuration.cleared())
        self.calls = Calls(self.router, lambda: self.refusal, self.standing.look, grid.max_calls)
        self._discovery = Discovery(self.router)
        self.models = Models(self.router, self.calls, self.standing.look)
        self.worker: Worker | None = None
        self.refusal, self.left = "", asyncio.Event()
        self._held: int | None = None
        self._models: Mapping[str, str] = {}
        self._assets: Mapping[str, int] = {}
        self._tasks: list[asyncio.Task[Any]] = []
        self.engine: Engine
        self.converging: Converging
        self.serving: Serving
        self._heartbeat: Heartbeat
        self._door: Door
        self._beating: asyncio.Task[None]

    @property
    def load(self) -> float:
        """Work in hand over what can be taken at a time."""
        events = self.worker.running if self.worker else 0
        return max(self.calls.running / self.grid.max_calls, events / self.grid.events.concurrency)

    def record(self) -> NodeRecord:
        """How the node is now."""
        return NodeRecord(
            name=self.name,
            instance=self._instance,
            address=self.serving.address,
            version=__version__,
            load=round(self.load, 3),
            models=states(self._models, self.converging.unready),
            state="draining" if self.refusal else "serving",
            cleared=self.standing.cleared,
            unloaded=[name for name in self.models.unloaded() if name in self._models],
            assets=self._assets,
            discovered={name: kind for name, kind in self._discovery.found.items() if name in self._models},
            places={name: place for name, place in self._discovery.places.items() if name in self._models},
            memory=self.converging.capacity,
            seen=time.time(),
        )

    def endpoint(self) -> Endpoint:
        """What it offers now."""
        return Endpoint(
            node=self.name,
            instance=self._instance,
            address=self.serving.address,
            services=() if self.refusal else SERVICES,
            load=round(self.load, 3),
            cleared=self.standing.cleared,
        )

    async def start(self) -> None:
        """Join the cell.

        Raises:
            GridError: There is no cell to join.
            ConfigError: It would speak in clear with others, can't listen, or has a certificate that nobody takes.
        """
        require_safe(self.grid)
        if self.grid.tls:
            await asyncio.to_thread(require_trusted, self.grid.tls, self.grid.advertise or self.grid.host)
            if words := ends_soon(self.grid.tls):
                log.warning("%s", words)
        self._held = await asyncio.to_thread(hold, self._home)
        cell = Cell.of(self.grid)
        if self.server is not None:
            await self.server.start()
            cell = Cell.of(self.grid, [self.server.url], self.grid.token or Secret(self.server.token))
        cell = evolve(cell, node=self.name, pid=os.getpid())
        self.engine = Engine(cell, self.name, self.grid.copies)
        await self.engine.open(30.0)
        await self.engine.make()
        follower = Follower(self.engine, self.router, self.name)
        await follower.begin()
        self.converging = Converging(self.engine, Bringing(self.engine, self.router), self.name, self._announce)
        await self.router.__aenter__()
        self._door = Door(cell.token, Doorkeeper(self._home, always=True))
        await self._look()
        self.serving = Serving(self.grid, self.calls, self.models, self._door)
        await self.serving.start()
        self._heartbeat = Heartbeat(self.engine, self.record, self.endpoint)
        self._beating = await self._heartbeat.begin()
        wishes = {"drain": self.drain, "leave": self._leave, "reload": self.reload}
        await Control(self.engine, self.name, wishes).listen()
        works = [self._looking(), follower.follow(), self.converging.run()]
        if self.grid.discover:
            works.append(self._discovery.follow())
        self._tasks += [asyncio.create_task(work) for work in works]
        self.worker = Worker(self.engine, self.router, self.grid.events, KeyFolder(self._home), self.standing)
        self._tasks += self.worker.begin()
        write_cell(self._home, cell)

    async def stop(self) -> None:
        """Leave the cell: take nothing new, end what runs in one and the same time, say goodbye."""
        end = time.monotonic() + self.grid.drain
        forget_cell(self._home, os.getpid())
        self.refusal = self.refusal or f"node '{self.name}' is leaving"
        if self.worker is not None:
            await self.worker.end(self.grid.drain)
        await ended(self._tasks)
        if hasattr(self, "converging"):
            await self.converging.end()
        if hasattr(self, "_heartbeat"):
            await self._heartbeat.end()
        if hasattr(self, "serving"):
            await self.serving.stop(max(0.0, end - time.monotonic()))
            await self.router.__aexit__(None, None, None)
        if hasattr(self, "engine"):
            await self.engine.aclose()
        if self.server is not None:
            await self.server.stop()
        if self._held is not None:
            os.close(self._held)
            self._held = None

    async def drain(self) -> None:
        """Take nothing new; running work goes on."""
        self.refusal = f"node '{self.name}' is draining"
        if self.worker is not None:
            self.worker.stop_taking()
        await self.serving.serving(False)
        self._heartbeat.now()

    async def reload(self) -> None:
        """Read the configuration's files now, and tell the cell what has changed."""
        try:
            await self.router.reload()
        except AuraRouterError as error:
            log.warning("the configuration is not taken: %s", error)
        await self._look()
        self._heartbeat.now()

    async def _leave(self) -> None:
        await self.drain()
        self.left.set()

    async def until_left(self) -> None:
        """Wait until somebody asks the node to leave, or it can't stay.

        Raises:
            GridError: It can't stay, and why.
        """
        await until(self.left, [self._beating, *self._tasks])

    async def _looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            await self._look()

    async def _look(self) -> None:
        """What the cell says of us, and how our models are, without asking any backend."""
        self._models = self.models.offered()
        self._assets = await registered(self.router)
        await self.standing.look()
        try:
            self._door.apps = apps_of(await self.engine.configuration.get(APPS))
        except GridError as error:
            log.warning("the cell's configuration: %s", error)

    async def _announce(self) -> None:
        """Tell the cell at once which models are here."""
        self._models = self.models.offered()
        await self._heartbeat.now().wait()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
