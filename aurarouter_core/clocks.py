"""The clocks that run while a model answers: first token, between tokens, all of it, and the task's own deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from aurarouter_hooks import Chunk, ProviderReplyError, ProviderTimeoutError, Timeouts


class Alarm:
    """Cancels a wait that takes too long, like `asyncio.timeout_at`, for many waits with one timer.

    Setting it again costs nothing while the new time is later than the timer's: the timer finds out when it rings.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._at: float | None = None
        self._cancelling = 0
        self._rang = False

    def set(self, at: float | None) -> None:
        """From now until `off`, the current task is cancelled at this time of the loop."""
        self._task = task = asyncio.current_task()
        self._at, self._cancelling = at, task.cancelling() if task is not None else 0
        if at is not None and (self._timer is None or self._timer.when() > at):
            self._arm(at)

    def off(self) -> bool:
        """The wait is over; whether it was the alarm that ended it, and nobody else wanted that too."""
        self._at = None
        if not self._rang or self._task is None:
            return False
        self._rang = False
        return self._task.uncancel() <= self._cancelling

    def end(self) -> None:
        """No more waits."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._at is None or self._task is None:
            return  # nobody waits
        if self._at > self._loop.time():
            self._arm(self._at)
            return
        self._rang = True
        self._task.cancel()


async def timed(chunks: AsyncIterator[Chunk], limits: Timeouts, deadline: float | None) -> AsyncGenerator[Chunk]:
    """The chunks, for as long as no clock runs out. `deadline` is a time of the event loop.

    The time that a reader takes between two chunks is the backend's fault in no way: it counts for the deadline alone.

    Raises:
        ProviderTimeoutError: A clock ran out; the message says which.
        ProviderReplyError: The answer broke off: content came, and no chunk said that it was the last.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    total, why_total = (began + limits.total, f"no end after {limits.total:g} s") if limits.total else (None, "")
    patience, why_patience = limits.first_token, f"no first token after {limits.first_token or 0:g} s"
    started = finished = False
    alarm = Alarm()
    try:
        while True:
            end, why = total, why_total
            if deadline is not None and (end is None or deadline < end):
                end, why = deadline, "the task's deadline passed"
            since = loop.time() if started else began
            if patience is not None and (end is None or since + patience < end):
                end, why = since + patience, why_patience
            alarm.set(end)
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            except asyncio.CancelledError as error:
                if not alarm.off():
                    raise
                raise ProviderTimeoutError(why, after=loop.time() - began) from error
            finally:
                alarm.off()
            if not started and chunk.has_content:
                started = True
                patience, why_patience = limits.between_tokens, f"nothing for {limits.between_tokens or 0:g} s"
            finished = finished or chunk.finish is not None
            told = loop.time()
            yield chunk
            if total is not None:
                total += loop.time() - told
    finally:
        alarm.end()
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
    if started and not finished:
        raise ProviderReplyError("the answer broke off before its end")
