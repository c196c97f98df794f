"""The clocks that run while a model answers: first token, between tokens, all of it, and the task's own deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Generic, TypeVar

from aurarouter_core.alarm import Alarm
from aurarouter_hooks import Chunk, ProviderReplyError, ProviderTimeoutError, Timeouts

T = TypeVar("T")
Told = Callable[[Exception], None]
LATE = "the task's deadline passed"
NO_END = "a stream did not end after the answer had"
CUT_OFF = "the clean-up of a stream took too long and was cut off"


def untold(_: Exception) -> None:
    """For those who want to hear of no clean-up that was cut off."""


class Waits(Generic[T]):
    """Waits for each item of a stream until a time at most, and then for its clean-up.

    Args:
        items: The stream. Whoever makes this ends it with `close`.
        deadline: By when all of it is over, as a time of the event loop.
        cut_off: Told when a clean-up failed, or took too long and was cut off.
        shortest: Seconds of the shortest wait that is to be expected.
    """

    def __init__(
        self, items: AsyncIterator[T], deadline: float | None, cut_off: Told = untold, shortest: float | None = None
    ) -> None:
        self._items, self._cut_off = items, cut_off
        self._alarm = Alarm(deadline, shortest)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def next(self, at: float | None, why: str) -> T:
        """The next item.

        Raises:
            StopAsyncIteration: There is none.
            ProviderTimeoutError: The time ran out; `why` says which.
        """
        alarm = self._alarm
        if at is not None and at <= self._loop.time():
            raise self._late(why)  # no alarm can wake us from a stream that never waits
        alarm.set(at)
        try:
            item = await anext(self._items)
        except BaseException as error:
            if self._was_late():
                raise self._late(why) from error
            instead = self._alarm.truly(error)
            if instead is error:
                raise
            raise instead from error
        if self._was_late():  # it was cancelled, and went on all the same
            raise self._late(why)
        return item

    def _was_late(self) -> bool:
        late = self._alarm.off()
        if self._alarm.insisted:
            self._cut_off(TimeoutError(CUT_OFF))
        return late

    def _late(self, why: str) -> ProviderTimeoutError:
        return ProviderTimeoutError(why, after=self._loop.time() - self._began)

    async def close(self) -> None:
        """Close the stream; cuts its clean-up off when that takes too long. What that raises is told, and no more."""
        close = getattr(self._items, "aclose", None)
        over = getattr(self._items, "ag_frame", self._items) is None  # a generator that came to its end
        if close is not None and not over:
            self._alarm.set_for_cleanup()
            try:
                await close()
            except BaseException as error:
                late, instead = self._alarm.off(), self._alarm.truly(error)
                if not late and not isinstance(instead, Exception):
                    raise instead from error
                self._cut_off(TimeoutError(CUT_OFF) if late else RuntimeError(f"it failed with {type(error).__name__}"))
            finally:
                self._alarm.off()
        self._alarm.end()


async def within(items: AsyncIterator[T], deadline: float, cut_off: Told = untold) -> AsyncGenerator[T]:
    """The items until a deadline.

    Raises:
        ProviderTimeoutError: It passed.
    """
    waits = Waits(items, deadline, cut_off)
    try:
        while True:
            try:
                item = await waits.next(deadline, LATE)
            except StopAsyncIteration:
                return
            yield item
    finally:
        await waits.close()


async def timed(
    chunks: AsyncIterator[Chunk], limits: Timeouts, deadline: float | None, cut_off: Told = untold
) -> AsyncGenerator[Chunk]:
    """The chunks, for as long as no clock runs out. `deadline` is a time of the event loop.

    An answer that was whole when a clock ran out is whole, though its stream is not over.

    The time that a reader takes between two chunks is the backend's fault in no way: it counts for the deadline alone.

    Args:
        chunks: What a provider streams; it is closed in the end.
        limits: The model's own.
        deadline: The task's.
        cut_off: Told when the stream's clean-up failed, or took too long and was cut off.

    Raises:
        ProviderTimeoutError: A clock ran out; the message says which.
        ProviderReplyError: The answer broke off: content came, and no chunk said that it was the last.
        TypeError: It is no stream of chunks.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    total, why_total = (began + limits.total, f"no end after {limits.total:g} s") if limits.total else (None, "")
    patience, why_patience = limits.first_token, f"no first token after {limits.first_token or 0:g} s"
    started = finished = False
    waits = Waits(chunks, deadline, cut_off, limits.between_tokens)
    try:
        while True:
            end, why = total, why_total
            if deadline is not None and (end is None or deadline < end):
                end, why = deadline, LATE
            since = loop.time() if started else began
            if patience is not None and (end is None or since + patience < end):
                end, why = since + patience, why_patience
            try:
                chunk = await waits.next(end, why)
            except StopAsyncIteration:
                break
            except ProviderTimeoutError:
                if not finished:
                    raise
                cut_off(TimeoutError(NO_END))
                break
            if not isinstance(chunk, Chunk):
                raise TypeError(f"a provider's stream must give Chunks, not {type(chunk).__name__}")
            if not started and chunk.has_content:
                started = True
                patience, why_patience = limits.between_tokens, f"nothing for {limits.between_tokens or 0:g} s"
            finished = finished or chunk.finish is not None
            told = loop.time()
            yield chunk
            if total is not None:
                total += loop.time() - told
    finally:
        await waits.close()
    if started and not finished:
        raise ProviderReplyError("the answer broke off before its end")
