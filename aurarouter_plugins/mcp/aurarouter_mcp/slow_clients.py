"""Connections whose request does not come are closed: a client that sends a byte now and then can hold no place."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class SlowClients(H11Protocol):
    """Uvicorn's protocol, with a clock on the head of each request, and on silence while its body comes."""

    seconds = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first head is awaited."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """No clock outlives its connection."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Once the head is whole its clock rests; a body may take its time, but not fall silent."""
        super().data_received(data)
        state = self.conn.their_state
        if state is not h11.IDLE:
            self._rest()
        if state is h11.SEND_BODY:
            self._wait()

    def on_response_complete(self) -> None:
        """The next head is awaited."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE and self._clock is None:
            self._wait()

    def _wait(self) -> None:
        self._clock = self.loop.call_later(self.seconds, self._close)

    def _rest(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _close(self) -> None:
        self._clock = None
        if not self.transport.is_closing():
            self.transport.abort()
