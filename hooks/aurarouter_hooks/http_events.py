"""Reads server-sent events from an HTTP answer, each of bounded size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import short

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from aurarouter_hooks.http_way import Response

EVENT_LIMIT = 4 * 2**20  # bytes of one event
LINGER = 0.1  # seconds that an answer may take to close after its last event
MARK = b"\xef\xbb\xbf"  # may stand before the first line, and is no part of it


class ServerSentEvent(NamedTuple):
    """One event: its data, and its name where it has one."""

    data: str
    event: str = ""


async def read_events(response: Response, origin: str, last: str = "") -> AsyncGenerator[ServerSentEvent]:
    """The events of an answer, in order. A line ends where the standard says: U+2028 inside one stays.

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
    pieces = response.aiter_bytes()
    name, said = "", list[str]()
    async for line in _lines(pieces, origin):
        if line:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                said.append(value)
            elif field == "event":
                name = value
            continue
        if said:
            event = ServerSentEvent("\n".join(said), name)
            yield event
            if last and event.data == last:
                break
        name, said = "", []
    else:
        return
    # Reading to the real end lets the next request use this connection.
    if not response.is_whole:
        try:
            async with asyncio.timeout(LINGER):
                async for _ in pieces:
                    pass
        except TimeoutError:
            return  # the answer is whole all the same; only its connection is given up


async def _lines(pieces: AsyncIterator[bytes], origin: str) -> AsyncGenerator[str]:
    """Whole lines without their ends; an empty one ends an event."""
    held, size, first, returned = bytearray(), 0, True, False
    async for piece in pieces:
        if returned and piece.startswith(b"\n"):  # the second half of a line's end
            piece = piece[1:]
        returned = piece.endswith(b"\r")
        size += len(piece)
        if size > EVENT_LIMIT:
            raise ProviderReplyError(f"{origin} sent an event of more than {EVENT_LIMIT >> 20} MiB")
        held += piece
        if b"\n" not in piece and b"\r" not in piece:
            continue
        if first:
            held, first = held.removeprefix(MARK), False
        lines = held.splitlines(keepends=True)
        held = lines.pop() if not lines[-1].endswith((b"\n", b"\r")) else bytearray()
        for line in lines:
            text = line.rstrip(b"\r\n").decode("utf-8", "replace")
            if not text:
                size = len(held)
            yield text
