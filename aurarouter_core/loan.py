"""One loan of a provider: a place in its model's line, memory for the model, and what is told when it comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from types import TracebackType

from attrs import frozen

from aurarouter_core.line import Line
from aurarouter_core.loans import Opened, Shelf, Shelves
from aurarouter_core.memory import Memory
from aurarouter_core.references import Key
from aurarouter_core.rotation import KEY_AT_FAULT, Turn
from aurarouter_core.tenants import Place
from aurarouter_hooks import Noted, Progress, Provider, ProviderTimeoutError


@frozen(eq=False)
class Taken:
    """What a loan holds: the provider, and what has to be told when it comes back."""

    shelf: Shelf
    key: Key
    opened: Opened
    ticket: int = 0


class Loan:
    """`async with` one: a provider for as long as the block lasts.

    With a turn it is an attempt: it takes one of the model's places, and what ends the block counts, for the key or
    for the model. Without, the block only looks at the provider. In the block, whoever is about to let it load a model
    goes through `room` first.
    """

    __slots__ = ("_line", "_memory", "_place", "_shelves", "_take", "_taken", "_turn")
    _taken: Taken

    def __init__(
        self,
        take: Callable[[], Awaitable[Taken]],
        shelves: Shelves,
        memory: Memory,
        turn: Turn | None,
        line: Line | None,
    ) -> None:
        self._take = take
        self._shelves = shelves
        self._memory = memory
        self._turn = turn
        self._line = line
        self._place: Place | None = None

    async def __aenter__(self) -> Provider:
        """Get the provider.

        Raises:
            ProviderTimeoutError: The task's deadline passed before.
            ProviderError: As `ModelPool.borrow` says.
        """
        if self._turn is None or self._turn.deadline is None:
            await self._enter()
        else:
            try:
                async with asyncio.timeout_at(self._turn.deadline) as clock:
                    await self._enter()
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise ProviderTimeoutError(
                    "the task's deadline passed while it waited for a place", after=0.0
                ) from error
        return self._taken.opened.provider

    async def _enter(self) -> None:
        if self._line is None:
            self._taken = await self._take()
            return
        await self._line.enter()
        try:
            self._taken = await self._take()
        except BaseException:
            self._line.leave()
            raise

    def answers(self) -> None:
        """The attempt's first content came."""
        self._taken.shelf.failure.answers(self._taken.ticket)

    async def room(self, until: float | None) -> AsyncGenerator[Progress | Noted]:
        """Returns once there is memory for the model; it stays reserved until the block ends. Tells what that takes.

        Args:
            until: A time of the event loop; None to wait without end.

        Raises:
            ProviderUnavailableError: There is none by then, or it needs more than is allowed at all.
        """
        tenant = self._taken.opened.tenant
        if tenant is None or self._place is not None:
            return
        began = time.monotonic()
        self._place = place = self._memory.enter(tenant)
        async with aclosing(self._memory.granted(place, until)) as waiting:
            async for progress in waiting:
                yield progress
        if place.words:
            unloaded = f", unloaded {', '.join(place.unloaded)}" if place.unloaded else ""
            yield Noted(
                name=f"memory for {tenant.model.id}", value=f"waited {time.monotonic() - began:.3f} s{unloaded}"
            )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        taken = self._taken
        crowded = self._place is not None and not self._place.granted
        if self._place is not None:
            self._memory.leave(self._place)
        taken.opened.give_back()
        if self._line is not None:
            self._line.leave()
        try:
            if self._turn and taken.shelf.keys and isinstance(error, KEY_AT_FAULT):
                taken.shelf.keys.failed(taken.key, error, self._turn)
        except KEY_AT_FAULT as worse:
            error = worse
            raise
        finally:
            if self._turn is not None:
                self._turn.asked = self._turn.asked and not crowded
                if crowded or self._turn.spares(error):  # that there is no memory says nothing about the model
                    taken.shelf.failure.let_go(taken.ticket)
                else:
                    taken.shelf.failure.ended(taken.ticket, error, private=self._turn.private)
            self._shelves.done(taken.shelf)
