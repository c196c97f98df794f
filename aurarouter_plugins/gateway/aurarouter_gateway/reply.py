"""What is sent back: one JSON object, or a stream of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.types import Send

from aurarouter_gateway import sse
from aurarouter_gateway.body import ClientLeftError


class Reply:
    """One response.

    Args:
        send: The server's; `quiet_clients` leaves who does not take what is sent.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def json(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """The whole response."""
        data = sse.text(value).encode(errors="replace")
        size = {"content-length": str(len(data))}
        head = self._head(status, {"content-type": "application/json", **size, **(headers or {})})
        await self._write(head, {"type": "http.response.body", "body": data})

    async def begin_stream(self, headers: Mapping[str, str]) -> None:
        """The head of a stream of events."""
        kind = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
        await self._write(self._head(200, {**kind, **headers}))

    async def events(self, pieces: Iterable[bytes]) -> None:
        """Some events."""
        if data := b"".join(pieces):
            await self._write({"type": "http.response.body", "body": data, "more_body": True})

    async def end_stream(self) -> None:
        """No more."""
        await self._write({"type": "http.response.body", "body": b""})

    def _head(self, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
        self.begun = True
        pairs = [(name.encode(), _safe(value)) for name, value in headers.items()]
        return {"type": "http.response.start", "status": status, "headers": pairs}

    async def _write(self, *messages: dict[str, Any]) -> None:
        try:
            for message in messages:
                await self._send(message)
        except OSError as error:
            raise ClientLeftError from error


def _safe(value: str) -> bytes:
    """A header's value: names that users chose may hold anything."""
    if value.isascii() and value.isprintable():
        return value.encode()
    return "".join(char if " " <= char < "\x7f" else "?" for char in value.replace("…", "...")).encode()
