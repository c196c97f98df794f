"""The line in front of one limit: who asks takes turns with the others who do, however many tasks each has."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FullError(Exception):
    """So many wait already that another one would only wait in vain."""


class Line:
    """Lets one after another to the front, round and round among those who ask. All of it is for one event loop.

    Attributes:
        left: Set when somebody has left a place.
        stands: Whoever is at the front waits for room. Else they are counted one by one, and nobody is too many.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._most: dict[asyncio.Future[None], int] = {}  # in the order in which they came
        self._busy = False
        self.left = asyncio.Event()
        self.stands = False

    @property
    def length(self) -> int:
        """How many wait for the front."""
        return sum(map(len, self._waiting.values()))

    @property
    def is_idle(self) -> bool:
        """Nobody is here."""
        return not self._busy and not self._waiting

    def stand(self) -> None:
        """Whoever is at the front waits for room; those go who would not have come to this."""
        self.stands, before = True, 0
        for turn, most in self._most.items():
            if before < most:
                before += 1
            elif not turn.done():
                turn.set_exception(FullError())

    @asynccontextmanager
    async def front(self, who: str, most: int, until: float) -> AsyncIterator[None]:
        """The time at the front; nobody else is there meanwhile.

        Args:
            who: Whose turn it takes.
            most: Others that may wait before, once the front stands.
            until: Time of the event loop at which waiting ends.

        Raises:
            FullError: More wait already.
            TimeoutError: The time is over.
        """
        if self._busy or self._waiting:
            await self._come(who, most, until)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
            self._call()

    async def _come(self, who: str, most: int, until: float) -> None:
        if self.stands and self.length >= most:
            raise FullError
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        self._most[turn] = most
        try:
            async with asyncio.timeout_at(until):
                await turn
        except BaseException:
            if (
                turn.done() and not turn.cancelled() and turn.exception() is None
            ):  # called to the front, and gone before it got there
                self._busy = False
                self._call()
            else:
                self._forget(who, turn)
            raise
        finally:
            del self._most[turn]

    def _forget(self, who: str, turn: asyncio.Future[None]) -> None:
        line = self._waiting.get(who)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._waiting[who]

    def _call(self) -> None:
        """Call the next one to the front: the first of whoever has waited longest for a turn."""
        while self._waiting:
            who, line = self._waiting.popitem(last=False)
            turn = line.popleft()
            if line:
                self._waiting[who] = line
            if not turn.done():
                self._busy = True
                turn.set_result(None)
                return
