"""The whole engine behind the ports: one connection, and everything that stands on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, TypeVar

from aurarouter_auragrid import names
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.answers import Answers
from aurarouter_auragrid.engine.changes import Changes
from aurarouter_auragrid.engine.chunks import NatsStorage
from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.directory import NatsMembership, NatsRegistry
from aurarouter_auragrid.engine.kept import NatsRecords
from aurarouter_auragrid.engine.leased import LeaseBucket
from aurarouter_auragrid.engine.positions import Positions
from aurarouter_auragrid.engine.requests import Requests
from aurarouter_auragrid.engine.settled import NatsConfiguration
from aurarouter_auragrid.engine.streams import bucket, make_stream, streams
from aurarouter_auragrid.engine.topics import NatsEvents
from aurarouter_auragrid.errors import CellUnavailableError, EventRefusedError, StorageFullError
from aurarouter_auragrid.names import answer_key
from aurarouter_auragrid.ports import Event
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.sealing.envelope import SEALED, Envelope

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 60.0
"""Seconds that a cell has to find its majority when it starts."""


class Engine:
    """A cell as one program sees it.

    Args:
        cell: The way in.
        name: Who we are.
        replicas: Copies of what is made here.
    """

    def __init__(self, cell: Cell, name: str = "aurarouter", replicas: int = 1) -> None:
        self.cell = cell
        self.connection = Connection(cell, name)
        self.node_leases = LeaseBucket(self.connection, names.NODES, replicas)
        self.endpoint_leases = LeaseBucket(self.connection, names.ENDPOINTS, replicas)
        self.limits = LeaseBucket(self.connection, names.LIMITS, replicas)
        self.membership = NatsMembership(self.node_leases)
        self.registry = NatsRegistry(self.endpoint_leases)
        self.configuration = NatsConfiguration(self.connection, replicas)
        self.settings = NatsConfiguration(self.connection, replicas, names.SETTINGS)
        self.events = NatsEvents(self.connection)
        self.requests = Requests(self.connection, cell.events)
        self.answers = Answers(self.connection, cell.events.retention)
        self.positions = Positions(self.connection)
        self.storage = NatsStorage(self.connection, cell.storage.max_mb << 20, replicas)
        self.models = NatsRecords(self.connection, names.MODELS, replicas)
        self.wanted = NatsRecords(self.connection, names.WANTED, replicas)
        self.places = LeaseBucket(self.connection, names.PLACES, replicas)
        self.changes = Changes(self.connection)
        self._replicas = replicas

    async def open(self, patience: float = 5.0) -> Self:
        """Connect to a cell that is there.

        Raises:
            CellUnavailableError: Nobody answers, or we may not come in.
        """
        await self.connection.open(patience)
        return self

    async def make(self) -> None:
        """Make everything that a cell has, where it is missing; wait for a majority that can.

        Raises:
            CellUnavailableError: There is none for a minute.
        """
        for part in self._parts():
            await patiently(part)

    def _parts(self) -> list[Callable[[], Awaitable[None]]]:
        connection, copies = self.connection, self._replicas
        return [
            self.node_leases.make,
            self.endpoint_leases.make,
            self.limits.make,
            self.configuration.make,
            self.settings.make,
            *(partial(make_stream, connection, config) for config in streams(self.cell.events, copies)),
            *(partial(make_stream, connection, bucket(name, copies)) for name in (names.ANSWERS, names.POSITIONS)),
            self.requests.make,
            self.models.make,
            self.wanted.make,
            self.places.make,
            self._make_storage,
        ]

    async def _make_storage(self) -> None:
        try:
            await self.storage.make()
        except StorageFullError as error:  # a cell without model files of its own is one all the same
            log.warning("the cell will keep no model files: %s; %s", error, error.hint)

    async def status(self) -> dict[str, Any]:
        """The servers that are known, and what each stream holds.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        connection = self.connection
        known = {
            url.netloc.rpartition("@")[2] for url in [*connection.nats.servers, *connection.nats.discovered_servers]
        }
        found: dict[str, Any] = {"servers": sorted(known), "node": self.cell.node}
        with translated("asking for its streams"):
            for info in await connection.js.streams_info():
                found[str(info.config.name)] = info.state.messages
        return found

    async def revive(self, event: Event) -> None:
        """Give a request that was set aside to the nodes again; a failure that was settled for it counts no more.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        try:
            if SEALED in event.headers:
                request_id = Envelope.parse(event.topic, event.payload).request_id
            else:
                request_id = Request.parse(event.topic, event.payload, self.cell.events).request_id
        except EventRefusedError:
            log.info("request %s is malformed as ever", event.sequence_number)
        else:
            key = answer_key(event.topic, request_id)
            settled = await self.answers.get(key)
            if settled is not None and not settled.result.get("success"):
                await self.answers.forget(key)
        await self.requests.replay(event)

    async def aclose(self) -> None:
        """Close the connection."""
        await self.connection.aclose()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


async def patiently(act: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """Do something that may be done twice, again and again while the cell looks for a majority.

    Raises:
        CellUnavailableError: It went on for too long.
    """
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await act()
        except CellUnavailableError as error:
            if asyncio.get_running_loop().time() > end:
                raise
            log.info("the cell is not ready: %s", error)
            await asyncio.sleep(0.5)
