"""Chooses the node to call: the one that has least to do, of those that are there and let the content in."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.ports import Registry
from aurarouter_auragrid.records import Endpoint

FRESH = 1.0
"""Seconds for which what the registry said is taken as it is."""
REST = 2.0
"""Seconds for which a node that failed is asked last."""


class Endpoints:
    """The cell's endpoints as one client sees them.

    Args:
        registry: Says what there is.
        near: The node of this machine; it is asked unless it has more to do than another by a whole call.
    """

    def __init__(self, registry: Registry, near: str = "") -> None:
        self._registry, self._near = registry, near
        self._known: list[Endpoint] = []
        self._read_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._calls: Counter[str] = Counter()
        self._failed: dict[str, float] = {}

    async def candidates(self, service: str, *, cleared: bool, tried: Collection[str] = ()) -> list[Endpoint]:
        """The nodes to try, best first.

        Args:
            service: What is to be called.
            cleared: Only nodes that the cell clears for private work.
            tried: Instances that failed for this call already; they come last.

        Raises:
            CellUnavailableError: The cell does not answer, and never did.
        """
        now = asyncio.get_running_loop().time()
        if not self._known:
            await self.refresh()
        elif now - self._read_at > FRESH and (self._refreshing is None or self._refreshing.done()):
            self._refreshing = asyncio.create_task(self._refreshed())

        def order(endpoint: Endpoint) -> tuple[bool, bool, float, float]:
            rests = self._failed.get(endpoint.instance, float("-inf")) + REST > now
            work = self._calls[endpoint.instance] + endpoint.load - (endpoint.node == self._near)
            return endpoint.instance in tried, rests, work, random.random()  # noqa: S311 - no secret

        usable = [item for item in self._known if service in item.services and (item.cleared or not cleared)]
        return sorted(usable, key=order)

    async def refresh(self) -> None:
        """Ask the registry. A cell that has lost all its endpoints for a moment keeps those that we knew."""
        found = await self._registry.endpoints()
        self._read_at = asyncio.get_running_loop().time()
        if found:
            self._known = found
            living = {item.instance for item in found}
            self._failed = {name: when for name, when in self._failed.items() if name in living}

    async def _refreshed(self) -> None:
        try:
            await self.refresh()
        except CellUnavailableError:
            self._read_at = asyncio.get_running_loop().time()  # what we know serves on; asked again soon

    @contextmanager
    def calling(self, endpoint: Endpoint) -> Iterator[None]:
        """Count a call for as long as it lasts."""
        self._calls[endpoint.instance] += 1
        try:
            yield
        finally:
            self._calls[endpoint.instance] -= 1
            if not self._calls[endpoint.instance]:
                del self._calls[endpoint.instance]

    def failed(self, endpoint: Endpoint) -> None:
        """This one could not be reached."""
        self._failed[endpoint.instance] = asyncio.get_running_loop().time()

    async def aclose(self) -> None:
        """Ask no more."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
