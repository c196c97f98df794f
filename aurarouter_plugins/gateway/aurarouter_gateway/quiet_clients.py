"""Connections of a server: what is said at once goes out at once; who is too slow or says too much is left."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from aurarouter_gateway.body import WHOLE
from aurarouter_gateway.leaving import LEAVERS, Leavers

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

AROUND = len(b"GET  HTTP/1.1\r\n\r\n")
"""Bytes of a head beside its path and its headers."""
BETWEEN = len(b": \r\n")
"""Bytes of a header beside its name and its value."""
OFFER = b"\r\nupgrade:"
"""A client may offer another protocol (Java's offers HTTP/2 each time). The parser would take what follows for that."""
OFFERS = re.compile(OFFER, re.IGNORECASE)
IGNORED = b"\r\nignored:"
END = b"\r\n\r\n"
LEAST = 64 * 1024
"""Bytes of its answer that a client has to take now and then; who takes less pins what may be many megabytes."""


class TooLargeError(Exception):
    """A head has more bytes than it may have. The parser stops at it."""


class Gathered:
    """A transport that sends what is written in one turn of the loop in one piece: a head with its body.

    Args:
        transport: The connection's own.
        loop: The running one.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def close(self) -> None:
        """Close once all is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.writelines(held)


class QuietClients(HttpToolsProtocol):
    """Uvicorn's protocol, with a clock and a measure on the head of each request, and a clock on who takes answers.

    Attributes:
        seconds: In which a head has to arrive.
        most: Bytes of a head.
        patience: Seconds in which a client has to take `LEAST` of what waits for it, once a buffer is full.
    """

    seconds = 30.0
    most = 64 * 1024
    patience = 60.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head = 0
        self._read = 0
        self._heads = False
        self._in_body = False
        self._unsure = b""
        self._clock: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._leavers: Leavers = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client that says nothing is given so many seconds."""
        super().connection_made(Gathered(transport, self.loop))  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """No clock outlives its connection."""
        self._rest()
        self._taken()
        super().connection_lost(exc)
        for leave in self._leavers:
            leave()

    def pause_writing(self) -> None:
        """More waits for the client than is kept for it."""
        super().pause_writing()
        self._give_time()

    def resume_writing(self) -> None:
        """It took nearly all of that."""
        self._taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers' end: a header that never ends is never read."""
        if self._clock is not None:
            self._head += len(data)
        super().data_received(data if self._in_body else self._without_offers(data))
        if self.transport.is_closing():
            return
        if self._clock is not None:
            if self._head > self.most:
                self._refuse()
        elif self._heads or self._is_idle():  # most heads come in one piece, and need no clock
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """The parser stopped."""
        if self._read > self.most:
            self._refuse()
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """A request begins: its head is on the clock, unless it is whole at once."""
        super().on_message_begin()
        self._heads = True
        self._read = AROUND

    def on_url(self, url: bytes) -> None:
        """The path, or a piece of it."""
        self._measure(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; behind a body in pieces, too."""
        self._measure(len(name) + len(value) + BETWEEN)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._heads = False
        self._in_body = True
        self._rest()
        self._head = 0
        super().on_headers_complete()
        self.scope.setdefault("state", {})[LEAVERS] = self._leavers

    def on_message_complete(self) -> None:
        """The body is whole, too; where it came with its head, that is before anybody asks for it."""
        super().on_message_complete()
        self._in_body = False
        self.scope["state"][WHOLE] = True

    def _without_offers(self, data: bytes) -> bytes:
        """The same, with a head that offers no other protocol; what may become an offer waits for what follows it."""
        head, end, rest = (self._unsure + data).partition(END)
        size = 0 if end else _beginning(head)
        self._unsure = head[len(head) - size :]
        return OFFERS.sub(IGNORED, head[: len(head) - size]) + end + rest

    def _is_idle(self) -> bool:
        """No request is there: what came was padding, and ended the time that a kept connection has."""
        return not self._in_body and (self.cycle is None or self.cycle.response_complete)

    def _measure(self, size: int) -> None:
        self._read += size
        if self._read > self.most:
            raise TooLargeError

    def _refuse(self) -> None:
        self.transport.write(TOO_LARGE)
        self.transport.close()

    def _wait(self) -> None:
        self._clock = self.loop.call_later(self.seconds, self._close)

    def _rest(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _give_time(self) -> None:
        waits = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(self.patience, self._look_at, waits)

    def _look_at(self, waited: int) -> None:
        if waited - self.transport.get_write_buffer_size() < LEAST:
            self.transport.abort()
        else:
            self._give_time()

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _close(self) -> None:
        self._clock = None
        if not self.transport.is_closing():
            self.transport.abort()


def _beginning(head: bytes) -> int:
    """How many bytes at its end may begin an offer, or end the head."""
    last = head[1 - len(OFFER) :].lower()
    return next((n for n in range(len(last), 0, -1) if (OFFER.startswith(last[-n:]) or END.startswith(last[-n:]))), 0)
