"""Which node to ask for a model: one that has it, is well, and has least to do."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.ports import Membership
from aurarouter_auragrid.records import NodeRecord

FRESH = 1.0
"""Seconds for which what the nodes said is taken as it is."""
REST = 2.0
"""Seconds for which a node that failed is asked last."""
READY = "ready"


class Offers:
    """What the nodes of a cell offer, as one router sees it.

    Args:
        membership: Says who is there, and what they have.
        near: The node of this machine; it is asked unless it has more to do than another by a whole call.
    """

    def __init__(self, membership: Membership, near: str = "") -> None:
        self._membership, self._near = membership, near
        self._known: list[NodeRecord] = []
        self._read_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._calls: Counter[str] = Counter()
        self._failed: dict[str, float] = {}

    async def of(self, model: str, node: str = "", *, now: bool = False) -> list[NodeRecord]:
        """The nodes that have a model, best first.

        Args:
            model: Its id on those nodes.
            node: Only the node of this name.
            now: Ask them, however short ago they were.

        Raises:
            CellUnavailableError: The cell does not answer, and never did.
        """
        await self._look(now=now)
        time = asyncio.get_running_loop().time()

        def order(record: NodeRecord) -> tuple[bool, bool, float, float]:
            rests = self._failed.get(record.instance, float("-inf")) + REST > time
            work = self._calls[record.instance] + record.load - (record.name == self._near)
            return rests, record.models[model] != READY, work, random.random()  # noqa: S311 - no secret

        there = [record for record in self._known if record.state == "serving" and model in record.models]
        return sorted((record for record in there if node in ("", record.name)), key=order)

    async def models(self) -> list[str]:
        """Every model that a node has.

        Raises:
            CellUnavailableError: As `of`.
        """
        await self._look()
        return sorted({name for record in self._known for name in record.models})

    async def _look(self, *, now: bool = False) -> None:
        age = asyncio.get_running_loop().time() - self._read_at
        if now or not self._known:
            await self._refresh()
        elif age > FRESH and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refreshed())

    async def _refresh(self) -> None:
        found = await self._membership.nodes()
        self._read_at = asyncio.get_running_loop().time()
        self._known = found
        living = {record.instance for record in found}
        self._failed = {name: when for name, when in self._failed.items() if name in living}

    async def _refreshed(self) -> None:
        try:
            await self._refresh()
        except CellUnavailableError:
            self._read_at = asyncio.get_running_loop().time()  # what we know serves on; asked again soon

    @contextmanager
    def calling(self, record: NodeRecord) -> Iterator[None]:
        """Count a call for as long as it lasts."""
        self._calls[record.instance] += 1
        try:
            yield
        finally:
            self._calls[record.instance] -= 1
            if not self._calls[record.instance]:
                del self._calls[record.instance]

    def failed(self, record: NodeRecord) -> None:
        """This one could not be reached."""
        self._failed[record.instance] = asyncio.get_running_loop().time()

    async def aclose(self) -> None:
        """Ask no more."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
