"""Lets tasks through as fast as limits allow: in the order of the line, within its bound, and with patience."""

from __future__ import annotations

import asyncio
import logging

from attrs import define, frozen

from aurarouter_limits.counter import Counter, Place, Wait
from aurarouter_limits.line import FullError, Line
from aurarouter_limits.settings import Limit

log = logging.getLogger(__name__)
COUNTING = 5.0
"""Seconds that even who has no patience waits for those before to be counted."""


@frozen(kw_only=True)
class Refused:
    """No place could be had.

    Attributes:
        why: In words.
        retry_after: Seconds until asking again makes sense.
    """

    why: str
    retry_after: float


@define(eq=False)
class Gate:
    """All lines of one router.

    Attributes:
        counter: Counts for everybody.
    """

    counter: Counter
    _lines: dict[str, Line]
    _leaving: dict[asyncio.Task[None], str]

    @classmethod
    def of(cls, counter: Counter) -> Gate:
        """A gate that nobody waits at."""
        return cls(counter, {}, {})

    def is_crowded(self, name: str) -> bool:
        """Somebody waits there already."""
        return name in self._lines

    async def enter(
        self, name: str, limit: Limit, tokens: int, who: str, queue: int, patience: float
    ) -> Place | Refused:
        """Take a place within a limit.

        Args:
            name, limit, tokens: As on `Counter`.
            who: Takes turns with others; of each who, tasks come in their order.
            queue: Tasks that may wait before this one.
            patience: Seconds to wait at most.

        Raises:
            Exception: It can't be counted.
        """
        line = self._lines.setdefault(name, Line())
        now = asyncio.get_running_loop().time()
        until = now + patience
        # Whoever is at the front is either counted, which is quick and no reason to refuse anybody, or waits for room.
        turn = until if line.stands else max(until, now + COUNTING)
        most = _most(limit, queue, patience)
        try:
            async with line.front(who, most, turn):
                return await self._first(name, limit, tokens, line, until)
        except FullError:
            why = f"{most} tasks wait already" if most else "others wait already"
            return Refused(why=why, retry_after=max(1.0, line.length * _pace(limit)))
        except TimeoutError:
            return Refused(why="its turn did not come in time", retry_after=max(1.0, line.length * _pace(limit)))
        finally:
            if line.is_idle and self._lines.get(name) is line:
                del self._lines[name]

    async def _first(self, name: str, limit: Limit, tokens: int, line: Line, until: float) -> Place | Refused:
        now = asyncio.get_running_loop().time
        while True:
            line.left.clear()
            said = await self.counter.enter(name, limit, tokens)
            if isinstance(said, Place):
                return said
            if await self._somebody_left(name):
                continue
            left = until - now()
            if left <= 0 or (not said.turns and said.seconds > left):
                return Refused(why=said.why, retry_after=max(said.seconds, 1.0 if said.turns else 0.0))
            line.stand()
            try:
                await self._pause(said, line, left)
            finally:
                line.stands = False

    async def _somebody_left(self, name: str) -> bool:
        """Somebody of ours was just leaving, and has left now: who comes right after may find that room."""
        leaving = [task for task, whose in self._leaving.items() if whose == name]
        return bool(leaving) and bool((await asyncio.wait(leaving, timeout=COUNTING))[0])

    @staticmethod
    async def _pause(said: Wait, line: Line, left: float) -> None:
        try:
            async with asyncio.timeout(min(said.seconds, left)):
                await (line.left.wait() if said.turns else asyncio.Event().wait())
        except TimeoutError:
            return

    def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        """Give a place back, soon; also where whoever had it is cancelled."""

        async def give_back() -> None:
            try:
                await self.counter.leave(place, limit, tokens)
            except Exception as error:  # noqa: BLE001 - nobody waits for it; at the latest it ends with its process
                log.warning("a place within the limit %s can't be given back yet: %s", place.name, error)
            if (line := self._lines.get(place.name)) is not None:
                line.left.set()

        leaving = asyncio.create_task(give_back())
        self._leaving[leaving] = place.name
        leaving.add_done_callback(self._leaving.pop)

    async def close(self) -> None:
        """Wait for those who leave."""
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self.counter.close()


def _most(limit: Limit, queue: int, patience: float) -> int:
    """Tasks that may wait before one with this patience."""
    pace = _pace(limit)
    if not patience or not pace or patience / pace >= queue:
        return queue if patience else 0
    return int(patience / pace) + 1


def _pace(limit: Limit) -> float:
    """Seconds from one task to the next."""
    return 60.0 / limit.requests_per_minute if limit.requests_per_minute else 0.0
