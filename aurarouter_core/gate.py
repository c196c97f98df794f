"""Lets tasks in, or refuses them with a reason, and knows when the last one has left."""

from __future__ import annotations

import asyncio

from aurarouter_hooks import RoutingError


class Gate:
    """One router's door: a `with` block of it is a task's stay, and a RoutingError says that no new tasks are taken.

    Attributes:
        refusal: Why nobody gets in; empty when everybody does.
        count: How many are inside.
    """

    def __init__(self) -> None:
        self.refusal = ""
        self.count = 0
        self._empty = asyncio.Event()

    def __enter__(self) -> None:
        if self.refusal:
            raise RoutingError(f"{self.refusal} and takes no new tasks", hint="Ask again later, or ask another one.")
        self.count += 1

    def __exit__(self, *_: object) -> None:
        self.count -= 1
        if not self.count:
            self._empty.set()

    async def emptied(self, seconds: float | None) -> bool:
        """Wait until nobody is inside; False when that takes longer than this."""
        try:
            async with asyncio.timeout(seconds):
                while self.count:
                    self._empty.clear()
                    await self._empty.wait()
        except TimeoutError:
            return False
        return True
