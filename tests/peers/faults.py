"""What a fault server may do with a request: answer it well, or one of many ways of going wrong.

A fault is a coroutine function of a `Turn`: whatever it sends is what the client gets.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

REPLY = {
    "id": "chatcmpl-1",
    "model": "pretender",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello Ada."}}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3},
}
MODELS = {"object": "list", "data": [{"id": "pretender"}]}


@dataclass(frozen=True)
class Request:
    """One request as it came in; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Signals:
    """What a test waits for: `hanging` once a fault hangs, `left` once a client has left one that hung."""

    def __init__(self) -> None:
        self.hanging, self.left = threading.Event(), threading.Event()


class Turn:
    """One request and the means to answer it."""

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, signals: Signals
    ) -> None:
        self.request = request
        self.over = False
        self._reader, self._writer, self._signals = reader, writer, signals

    async def send(self, data: bytes) -> None:
        """These bytes and no others."""
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, code: int, headers: Mapping[str, str]) -> None:
        """A status line and headers."""
        lines = [f"HTTP/1.1 {code} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        await self.send("\r\n".join(lines).encode())

    async def chunk(self, data: bytes) -> None:
        """A piece of a chunked body; empty ends it."""
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def until_the_client_leaves(self) -> None:
        """Hang until the other side closes."""
        self._signals.hanging.set()
        try:
            await self._reader.read()
        except ConnectionError:
            pass  # left in a hurry is left
        self.over = True
        self._signals.left.set()

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        self.over = True

    def close(self) -> None:
        """Close the connection in order."""
        self.over = True


Fault = Callable[[Turn], Awaitable[None]]


def status(code: int, headers: Mapping[str, str] | None = None, body: object = None) -> Fault:
    """An answer with this status; the body is JSON, or bytes as they are."""

    async def fault(turn: Turn) -> None:
        default = {"error": {"message": f"scripted {code}", "type": "scripted"}}
        page = body if isinstance(body, bytes) else json.dumps(default if body is None else body).encode()
        kind = {"Content-Type": "application/json", "Content-Length": str(len(page))}
        await turn.head(code, kind | dict(headers or {}))
        await turn.send(page)

    return fault


def answer(body: object) -> Fault:
    """A good status with this body."""
    return status(200, None, body)


def redirect(to: str) -> Fault:
    """Ask the client to go elsewhere, with the method and body kept."""
    return status(307, {"Location": to}, {})


def event(data: object) -> bytes:
    """A server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n".encode()


def piece(text: str = "", finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """A chunk of a streamed chat completion."""
    said = delta | ({"content": text} if text else {})
    choice = {"index": 0, "delta": said, "finish_reason": finish}
    return {"id": "chatcmpl-2", "model": "pretender", "choices": [choice]}


def stream(events: Iterable[object], then: str = "end") -> Fault:
    """These events, and then: "end" in order, "eof" without the last chunk, "reset", or "hang"."""

    async def fault(turn: Turn) -> None:
        await turn.head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
        for data in events:
            await turn.chunk(data if isinstance(data, bytes) else event(data))
        if then == "end":
            await turn.chunk(b"")
        elif then == "reset":
            turn.reset()
        elif then == "hang":
            await turn.until_the_client_leaves()
        else:
            turn.close()

    return fault


def half_a_stream(then: str = "end") -> Fault:
    """Two pieces of an answer, no finish, no [DONE]."""
    return stream([piece("Hello "), piece("A")], then)


def whole_stream(*texts: str) -> Fault:
    """A good stream of these texts, with usage and [DONE]."""
    usage = {"id": "chatcmpl-2", "model": "pretender", "choices": [], "usage": REPLY["usage"]}
    return stream([*(piece(text) for text in texts), piece(finish="stop"), usage, "[DONE]"])


def raw(data: bytes) -> Fault:
    """These bytes in place of an HTTP answer, and the end."""

    async def fault(turn: Turn) -> None:
        await turn.send(data)
        turn.close()

    return fault


async def reset(turn: Turn) -> None:
    """Nothing but a TCP reset."""
    turn.reset()


async def hang(turn: Turn) -> None:
    """No byte, ever."""
    await turn.until_the_client_leaves()


async def slow_headers(turn: Turn) -> None:
    """A status line, and never the rest."""
    await turn.send(b"HTTP/1.1 200 OK\r\n")
    await turn.until_the_client_leaves()


async def well(turn: Turn) -> None:
    """What a server without faults would answer."""
    if turn.request.method == "GET":
        await answer(MODELS)(turn)
    elif turn.request.path.endswith("/embeddings"):
        vector = [0.5] * turn.request.json.get("dimensions", 4)
        await answer({"data": [{"index": at, "embedding": vector} for at in range(len(turn.request.json["input"]))]})(
            turn
        )
    elif turn.request.json.get("stream"):
        await whole_stream("Hello ", "Ada.")(turn)
    else:
        await answer(REPLY)(turn)
