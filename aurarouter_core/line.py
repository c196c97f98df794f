"""A model's places: how many attempts run at a time, and a bounded line of those who wait, first come, first served."""

from __future__ import annotations

import asyncio

from aurarouter_hooks import ProviderUnavailableError

ROOM = 100
"""How many may wait for a model that says nothing else."""


class Line:
    """The places of one model.

    Args:
        places: Attempts at a time; None for any number.
        room: How many may wait at most; None for `ROOM`.
    """

    def __init__(self, places: int | None, room: int | None) -> None:
        self._places = None if places is None else asyncio.Semaphore(places)  # wakes those who wait in their order
        self._room = ROOM if room is None else room
        self.waiting = 0

    @property
    def is_full(self) -> bool:
        """Whoever comes now has to wait."""
        return self._places is not None and self._places.locked()

    async def enter(self) -> None:
        """Take a place, once it is our turn.

        Raises:
            ProviderUnavailableError: So many wait already that nobody else may.
        """
        if self._places is None:
            return
        if not self._places.locked():
            await self._places.acquire()  # does not wait
            return
        if self.waiting >= self._room:
            raise ProviderUnavailableError(
                f"all its places are taken and {self.waiting} tasks wait for one",
                hint="Ask again later, raise the model's max_concurrency or max_queue, or add a model to the chain.",
            )
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1

    def leave(self) -> None:
        """Give the place back."""
        if self._places is not None:
            self._places.release()
