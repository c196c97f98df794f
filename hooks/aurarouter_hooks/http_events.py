"""Reads server-sent events from an HTTP answer, each of bounded size."""

from __future__ import annotations

import asyncio
from codecs import getincrementaldecoder
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import short

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx
    from httpx_sse import ServerSentEvent

EVENT_LIMIT = 4 * 2**20  # characters of one event
LINGER = 0.1  # seconds that an answer may take to close after its last event


async def read_events(response: httpx.Response, origin: str, last: str = "") -> AsyncGenerator[ServerSentEvent]:
    """The events of an answer, in order. A line ends where the standard says: U+2028 inside one stays.

    Args:
        origin: Where it comes from, for messages.
        last: Data of the event that ends the stream, where the dialect has one. It is yielded too.

    Raises:
        ProviderReplyError: It isn't an event stream, or one event is too large.
    """
    import httpx
    from httpx_sse import EventSource

    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        raise ProviderReplyError(
            f"{origin} sent {short(kind) or 'something unnamed'} instead of a stream",
            hint="Check that the endpoint is right and that this server can stream.",
        )
    bounded = _Bounded(response, origin)
    async with aclosing(EventSource(cast("httpx.Response", bounded)).aiter_sse()) as source:
        async for event in source:
            bounded.size = 0
            yield event
            if last and event.data == last:
                break
        if getattr(response.stream, "is_over", False):
            return
        # Reading to the real end lets the next request use this connection.
        try:
            async with asyncio.timeout(LINGER):
                async for _ in source:
                    pass
        except (TimeoutError, httpx.HTTPError):
            return  # the answer is whole all the same; only its connection is given up


class _Bounded:
    """As much of a response as an EventSource reads, and a limit on what it may gather for one event."""

    def __init__(self, response: httpx.Response, origin: str) -> None:
        self.headers = response.headers
        self.size = 0
        self._response = response
        self._origin = origin

    async def aiter_text(self) -> AsyncGenerator[str]:
        """The text as it comes; by the standard it is UTF-8, whatever a header says, and begins after its mark."""
        decoder = getincrementaldecoder("utf-8-sig")("replace")
        async for piece in self._response.aiter_bytes():
            text = decoder.decode(piece)
            self.size += len(text)
            if self.size > EVENT_LIMIT:
                raise ProviderReplyError(f"{self._origin} sent an event of more than {EVENT_LIMIT >> 20} MiB")
            yield text
