"""Reads server-sent events from an HTTP answer, each of bounded size."""

from __future__ import annotations

import asyncio
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, ClassVar, cast

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import short

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

    import httpx
    from httpx_sse import ServerSentEvent

EVENT_LIMIT = 4 * 2**20  # characters of one event
ENDS = "\n\n", "\r\r", "\n\r"
"""An event ends with an empty line. The line feed that may follow the last of these makes no event of its own."""
LINGER = 0.1  # seconds that an answer may take to close after its last event


async def read_events(response: httpx.Response, origin: str, last: str = "") -> AsyncGenerator[ServerSentEvent]:
    """The events of an answer, in order. A line ends where the standard says: U+2028 inside one stays.

    Args:
        origin: Where it comes from, for messages.
        last: Data of the event that ends the stream, where the dialect has one. It is yielded too.

    Raises:
        ProviderReplyError: It isn't an event stream, or one event is too large.
    """
    from httpx_sse import EventSource

    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        raise ProviderReplyError(
            f"{origin} sent {short(kind) or 'something unnamed'} instead of a stream",
            hint="Check that the endpoint is right and that this server can stream.",
        )
    decoder = getincrementaldecoder("utf-8")("replace")  # by the standard, whatever a header says
    pieces, waiting, seen = response.aiter_bytes(), "", 0
    async for piece in pieces:
        waiting += decoder.decode(piece)
        end = max(waiting.rfind(mark, seen) for mark in ENDS) + 2
        if end < 2:
            seen = max(0, len(waiting) - 1)
            if len(waiting) > EVENT_LIMIT:
                raise ProviderReplyError(f"{origin} sent an event of more than {EVENT_LIMIT >> 20} MiB")
            continue
        whole, waiting, seen = waiting[:end], waiting[end:], 0
        for event in EventSource(cast("httpx.Response", _Whole(whole))).iter_sse():
            yield event
            if last and event.data == last:
                await _read_out(response, pieces)
                return


async def _read_out(response: httpx.Response, pieces: AsyncIterator[bytes]) -> None:
    """Reading to the real end lets the next request use this connection."""
    if getattr(response.stream, "is_over", False):
        return
    try:
        async with asyncio.timeout(LINGER):
            async for _ in pieces:
                pass
    except TimeoutError:
        return  # the answer is whole all the same; only its connection is given up


class _Whole:
    """As much of a response as an EventSource reads: whole events, since it costs far less to read them at once."""

    headers: ClassVar[Mapping[str, str]] = {"content-type": "text/event-stream"}

    def __init__(self, text: str) -> None:
        self._text = text

    def iter_text(self) -> Iterator[str]:
        """All of it."""
        yield self._text
