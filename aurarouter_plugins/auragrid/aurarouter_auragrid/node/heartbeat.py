"""Says every two seconds that a node is there, and ends when another has taken its name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from aurarouter_auragrid.engine.engine import Engine, patiently
from aurarouter_auragrid.engine.leased import LeaseBucket
from aurarouter_auragrid.errors import CellUnavailableError, GridError, NameTakenError
from aurarouter_auragrid.ports import Lease
from aurarouter_auragrid.records import Endpoint, NodeRecord, to_bytes

log = logging.getLogger(__name__)
BEAT = 2.0
"""Seconds between two heartbeats."""
GOODBYE = 4.0
"""Seconds that saying goodbye may take; a cell that does not answer finds out by itself."""
TERM = 7
"""Seconds after the last one that a node is forgotten; with a marker's second it's gone within 10."""


class Heartbeat:
    """Keeps a node's record and its endpoint alive.

    Args:
        engine: The cell.
        record: How the node is now.
        endpoint: What it offers now.
    """

    def __init__(self, engine: Engine, record: Callable[[], NodeRecord], endpoint: Callable[[], Endpoint]) -> None:
        self._engine, self._record, self._endpoint = engine, record, endpoint
        self._leases: list[tuple[Lease, Callable[[], bytes]]] = []
        self._soon, self._said = asyncio.Event(), asyncio.Event()
        self._ending = False
        self._beating: asyncio.Task[None] | None = None

    async def begin(self) -> asyncio.Task[None]:
        """Join the cell. A record of the same name is that of an earlier start, and is taken over.

        Returns:
            The beating. It ends with NameTakenError when another node has taken the name.
        """
        kept: list[tuple[LeaseBucket, Callable[[], bytes]]] = [
            (self._engine.node_leases, lambda: to_bytes(self._record())),
            (self._engine.endpoint_leases, lambda: to_bytes(self._endpoint())),
        ]
        for bucket, value in kept:
            take = partial(bucket.take_over, self._record().name, value(), seconds=TERM)
            lease = await patiently(take)
            self._leases.append((lease, value))
        self._beating = asyncio.create_task(self._beat(), name="heartbeat")
        return self._beating

    def now(self) -> asyncio.Event:
        """Don't wait for the next beat: something changed. What is returned is set when that beat is over."""
        self._soon.set()
        return self._said

    async def _beat(self) -> None:
        while not self._ending:
            try:
                async with asyncio.timeout(BEAT):
                    await self._soon.wait()
            except TimeoutError:
                pass
            self._soon.clear()
            said, self._said = self._said, asyncio.Event()
            try:
                for lease, value in self._leases:
                    if not await lease.renew(value()):
                        name = self._record().name
                        raise NameTakenError(
                            f"another node of the cell is called '{name}' now", hint="Set grid.node on one of them."
                        )
            except CellUnavailableError as error:
                log.warning("heartbeat: %s", error)
            finally:
                said.set()

    async def end(self) -> None:
        """Leave the cell at once, instead of being missed."""
        self._ending = True
        self._soon.set()
        try:
            async with asyncio.timeout(GOODBYE):
                if self._beating is not None:  # not cancelled: what it has stored by then nobody could remove
                    await asyncio.gather(self._beating, return_exceptions=True)
                for lease, _ in self._leases:
                    await lease.release()
        except (GridError, TimeoutError) as error:
            log.info("the cell will miss us: %s", error)
        self._leases.clear()
