"""Reads server-sent events from an HTTP answer, each of bounded size."""

from __future__ import annotations

import asyncio
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING

from attrs import frozen

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import short

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    import httpx

EVENT_LIMIT = 4 * 2**20  # characters of one event
LINGER = 0.1  # seconds that an answer may take to close after its last event


@frozen
class ServerSentEvent:
    """One event of a stream.

    Attributes:
        event: Its kind.
        data: Its text.
        id: The last id that the stream has named.
    """

    event: str = "message"
    data: str = ""
    id: str = ""


async def read_events(response: httpx.Response, origin: str, last: str = "") -> AsyncGenerator[ServerSentEvent]:
    """The events of an answer, in order. By the standard it is UTF-8, whatever a header says.

    Args:
        origin: Where it comes from, for messages.
        last: Data of the event that ends the stream, where the dialect has one. It is yielded too.

    Raises:
        ProviderReplyError: It isn't an event stream, or one event is too large.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        raise ProviderReplyError(
            f"{origin} sent {short(kind) or 'something unnamed'} instead of a stream",
            hint="Check that the endpoint is right and that this server can stream.",
        )
    decoder, events = getincrementaldecoder("utf-8")("replace"), _Events()
    pieces = response.aiter_bytes()
    async for piece in pieces:
        for event in events.read(decoder.decode(piece)):
            yield event
            if last and event.data == last:
                await _to_the_end(pieces)
                return
        if events.size > EVENT_LIMIT:
            raise ProviderReplyError(f"{origin} sent an event of more than {EVENT_LIMIT >> 20} MiB")
    for event in events.end():
        yield event


async def _to_the_end(pieces: AsyncIterator[bytes]) -> None:
    """Read to the real end, so that the next request can use this connection."""
    try:
        async with asyncio.timeout(LINGER):
            async for _ in pieces:
                pass
    except TimeoutError:
        return  # the answer is whole all the same; only its connection is given up


class _Events:
    """What has come of a stream. A line ends where the standard says: U+2028 inside one stays.

    Attributes:
        size: Characters that are held of an event whose end has not come.
    """

    def __init__(self) -> None:
        self.size = 0
        self._line: list[str] = []  # what has come of the last line
        self._returned = False  # it may be the first half of a line's end
        self._event = "message"
        self._data: list[str] = []
        self._id = ""

    def read(self, text: str) -> Iterator[ServerSentEvent]:
        """The events that end in this text, which follows what was read before."""
        self.size += len(text)
        if self._returned:
            text = f"\r{text}"
        self._returned = text.endswith("\r")
        if self._returned:
            text = text[:-1]
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        if lines:
            lines[0] = "".join((*self._line, lines[0]))
            self._line.clear()
        if rest:
            self._line.append(rest)
        for line in lines:
            if line:
                self._take(line)
                continue
            event, data, self.size = self._event, self._data, len(rest)
            self._event, self._data = "message", []
            if data:
                yield ServerSentEvent(event, "\n".join(data), self._id)

    def end(self) -> Iterator[ServerSentEvent]:
        """The event that the stream's very last character ends: what has no end is none."""
        if self._returned:
            yield from self.read("\n")

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value or "message"
        elif name == "id" and "\0" not in value:
            self._id = value
