"""Whose turn it is: a chain's models in order, those passed over that may not be asked now, and the wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from math import inf

from attrs import define

from aurarouter_core.health import LOOK_EVERY, look
from aurarouter_core.resting import Refusal
from aurarouter_core.rotation import Turn
from aurarouter_core.running import Run
from aurarouter_hooks import Progress, ProviderRateLimitedError, ProviderUnavailableError
from aurarouter_hooks.values import HealthState

GRACE = 2.0
"""Seconds that a backend gets to come back which a health check finds down."""
WORTH_A_LOOK: frozenset[HealthState] = frozenset({"cooling", "open", "loading", "down"})
"""States that a health check may end."""


@define(eq=False)
class Candidate:
    """A model of the chain.

    Attributes:
        tries: Attempts that came as far as the backend.
        round: The last round in which it was asked.
        is_out: It can't answer this task any more.
    """

    name: str
    turn: Turn
    tries: int = 0
    round: int = 0
    is_out: bool = False


class Order:
    """The order in which one node asks the models of its chain.

    In a round each model is asked once, unless its failure state forbids it. When nobody could answer, those that
    were only unavailable or limited get another round, once they may be asked again.

    Attributes:
        passed_over: Why models were not asked when it was their turn, by id.
    """

    def __init__(self, run: Run, chain: Sequence[str]) -> None:
        self._run = run
        self._candidates = [Candidate(name, Turn(run.deadline, run.task.conversation)) for name in chain]
        self._last: Candidate | None = None
        self._round = 1
        self._waited = 0.0
        self.passed_over: dict[str, str] = {}

    def next(self) -> Candidate | None:
        """Who is asked now; None when nobody may be."""
        last = self._last
        if last is not None and last.turn.another:
            last.turn.another = False
            return last
        self._last = None
        for candidate in self._candidates:
            if candidate.is_out or candidate.round == self._round:
                continue
            refusal = self._refusal(candidate.name)
            if refusal is None:
                candidate.round = self._round
                self._last = candidate
                return candidate
            self.passed_over[candidate.name] = refusal.why
        return None

    def failed(self, candidate: Candidate, error: BaseException) -> None:
        """A candidate was asked, and failed; or it began to rest while the task stood in line for it."""
        asked, candidate.turn.asked = candidate.turn.asked, False
        if candidate.turn.another:
            return
        candidate.tries += asked
        temporary = isinstance(error, ProviderUnavailableError | ProviderRateLimitedError)
        rests = self._refusal(candidate.name) is not None
        if not (temporary and (asked or rests)) or candidate.tries > self._run.snapshot.config.system.retries:
            candidate.is_out = True

    async def come_back(self) -> AsyncGenerator[Progress]:
        """Wait until somebody may be asked, telling for whom; ends when that is so, and when there is no point."""
        now = asyncio.get_running_loop().time
        began = now()
        self._round += 1
        try:
            async with aclosing(self._awaited(began)) as waiting:
                async for progress in waiting:
                    yield progress
        finally:
            self._waited += now() - began

    async def _awaited(self, began: float) -> AsyncGenerator[Progress]:
        now = asyncio.get_running_loop().time
        patience = self._run.snapshot.config.system.max_wait - self._waited
        end = min(began + patience, self._run.deadline or inf)
        told: HealthState | None = None
        while (left := end - now()) > 0 and (resting := self._resting()):
            if any(refusal is None for _, refusal in resting):
                return
            await self._look(left)
            hopes = list(self._hopes(left, gone=now() - began > GRACE))
            if not hopes:
                return
            first = min(hopes, key=lambda refusal: refusal.retry_in)
            if first.state != told:
                told = first.state
                yield Progress(what=f"waiting for '{first.model}', {first.why}", fraction=first.progress)
            with suppress(TimeoutError):
                # Not asyncio.wait_for: before Python 3.12 it drops a cancellation that comes together with the news.
                async with asyncio.timeout(min(first.retry_in or LOOK_EVERY, LOOK_EVERY, left)):
                    await self._run.pool.states.news()

    def _refusal(self, name: str) -> Refusal | None:
        snapshot = self._run.snapshot
        return self._run.pool.refusal(snapshot.models[name], snapshot.config.models[name])

    def _resting(self) -> list[tuple[Candidate, Refusal | None]]:
        return [(candidate, self._refusal(candidate.name)) for candidate in self._candidates if not candidate.is_out]

    async def _look(self, left: float) -> None:
        """Ask backends that are only unavailable how they are: they may be loading, or back before their time."""
        run = self._run
        names = [candidate.name for candidate, refusal in self._resting() if refusal and _worth_a_look(refusal)]
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await asyncio.gather(*(look(name, run.snapshot, run.pool) for name in names))

    def _hopes(self, left: float, *, gone: bool) -> Iterator[Refusal]:
        """Who may come back in time."""
        for candidate, refusal in self._resting():
            if refusal is None:
                yield Refusal(model=candidate.name, why="it may be asked again", retry_in=0.0, state="unknown")
            elif refusal.state == "misconfigured" or (refusal.state == "down" and gone):
                candidate.is_out = True
                self.passed_over[candidate.name] = refusal.why
            elif refusal.retry_in <= left or _worth_a_look(refusal):
                if refusal.state == "down":  # nothing answers there: it is asked once more, however many retries
                    candidate.tries = max(candidate.tries, self._run.snapshot.config.system.retries)
                yield refusal


def _worth_a_look(refusal: Refusal) -> bool:
    return refusal.state in WORTH_A_LOOK and not refusal.firm
