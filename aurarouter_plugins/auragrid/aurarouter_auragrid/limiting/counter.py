"""Counts for all nodes of a cell: each entry is one change of a shared key, made only upon what it was judged by."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from aurarouter_auragrid.arrival import arrival
from aurarouter_auragrid.engine.leased import LeaseBucket
from aurarouter_auragrid.errors import CellBusyError, GridError
from aurarouter_auragrid.limiting.clock import Clock
from aurarouter_auragrid.limiting.tally import Tally
from aurarouter_auragrid.remote.link import Link
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit

log = logging.getLogger(__name__)
T = TypeVar("T")
KEEP = 15.0
"""Seconds after which the place of a process that was killed comes free."""
RENEW = 5.0
SHORT = 0.5
"""Seconds for which whoever has lost a race waits with its turn taken, so that nobody loses again and again."""
MOST = 10_000
"""Limits for which it is kept in mind who has lost."""
TRIES = 200
"""Times that a change is tried again because another node was quicker."""
FORGET = 60
"""Seconds for which a key stays beyond what it says."""


class SharedCounter:
    """The counter of the plugin `limits` where a cell is.

    Args:
        link: The way to the cell.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._clock: Clock | None = None
        self._lost: dict[str, float] = {}
        self._places: dict[int, str] = {}
        self._work: set[asyncio.Task[Any]] = set()
        self._renewing: asyncio.Task[None] | None = None

    async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        """Take a place and count one request and these tokens, or say how long to wait. All or nothing.

        A task that another node's router sends is counted there for its app.

        Raises:
            GridError: The cell does not answer.
        """
        came = arrival.get()
        if came is not None and came.hops and name.startswith("app:"):
            return Place(name=name)
        entering = self._begin(self._enter(name, limit, tokens))
        try:
            return await asyncio.shield(entering)
        except asyncio.CancelledError:
            self._begin(self._give_back(entering, limit, tokens))  # it may be taken just now, for nobody
            raise

    async def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        """Give the place back and count further tokens, which may be fewer than none.

        Raises:
            GridError: The cell does not answer; the place comes free by itself.
        """
        self._places.pop(place.id, None)
        if not place.id and not (limit.tokens_per_minute is not None and tokens):
            return
        came = arrival.get()
        if came is not None and came.hops and place.name.startswith("app:"):
            return
        await self._change(place.name, lambda tally, now: tally.left(limit, tokens, str(place.id), now))

    async def close(self) -> None:
        """Let go of the cell."""
        if self._renewing is not None:
            self._renewing.cancel()
        await asyncio.gather(*self._work, *filter(None, [self._renewing]), return_exceptions=True)
        await self._link.release(self)

    async def _enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        number = random.getrandbits(62) + 1 if limit.concurrency is not None else 0
        pause = 0.0
        again = self._lost.pop(name, float("-inf")) > asyncio.get_running_loop().time()

        def judged(tally: Tally, now: float) -> Tally | Wait:
            nonlocal pause
            said = tally.entered(limit, tokens, str(number), KEEP, now)
            pause = said.seconds if isinstance(said, Wait) else 0.0
            if isinstance(said, Wait) and again and not said.turns and said.seconds <= SHORT:
                return tally.entered(limit, tokens, str(number), KEEP, now, SHORT)
            return said

        said = await self._change(name, judged)
        if isinstance(said, Wait):
            if len(self._lost) >= MOST:
                self._lost.clear()
            if not said.turns and said.seconds <= SHORT:
                self._lost[name] = asyncio.get_running_loop().time() + 2 * SHORT
            return said
        await asyncio.sleep(pause)
        if number:
            self._places[number] = name
            if self._renewing is None:
                self._renewing = asyncio.create_task(self._renew())
        return Place(name=name, id=number)

    async def _change(self, name: str, judged: Callable[[Tally, float], Tally | Wait]) -> Tally | Wait:
        """Write what is judged right, upon exactly what it was judged by."""
        bucket, clock = await self._opened()
        key = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        for attempt in range(TRIES):
            data, revision = await bucket.read(key)
            now = await clock.now()
            try:
                said = judged(Tally.of(data, now), now)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise GridError(f"the cell's count of the limit {name} can't be read") from error
            if isinstance(said, Wait):
                return said
            seconds = FORGET + max(0, round(said.last(now)))
            if await bucket.write(key, said.to_bytes(), revision, seconds) is not None:
                return said
            await asyncio.sleep(random.uniform(0, min(0.02, 0.001 * (attempt + 1))))  # noqa: S311 - no secret
        raise CellBusyError(f"the cell's count of the limit {name} is fought over")

    async def _opened(self) -> tuple[LeaseBucket, Clock]:
        bucket = (await self._link.opened(self)).engine.limits
        if self._clock is None:
            self._clock = Clock(bucket)
        return bucket, self._clock

    async def _give_back(self, entering: asyncio.Task[Place | Wait], limit: Limit, tokens: int) -> None:
        place = await entering
        if isinstance(place, Place):
            await self.leave(place, limit, -tokens)

    async def _renew(self) -> None:
        """Keep the places of those who are still inside."""
        while True:
            await asyncio.sleep(RENEW)
            for name in set(self._places.values()):

                def longer(tally: Tally, now: float, name: str = name) -> Tally:
                    mine = [number for number, whose in self._places.items() if whose == name]
                    return tally.kept({str(number): now + KEEP for number in mine})

                try:
                    await self._change(name, longer)
                except GridError as error:
                    log.warning("places within the limit %s can't be kept: %s", name, error)

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._work.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.debug("a limit of the cell: %s", task.exception())  # whoever waits for it is told
