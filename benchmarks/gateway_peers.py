"""The servers around the gateway's benchmark: an instant upstream, and the thinnest thing that could pass requests on.

python gateway_peers.py upstream PORT            answers at once, on a raw socket
python gateway_peers.py through PORT UPSTREAM    reads the JSON, names the model, forwards: raw ASGI and aiohttp
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

MESSAGE = {"role": "assistant", "content": "Hello Ada."}
ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": "instant",
        "choices": [{"index": 0, "message": MESSAGE, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23},
    }
).encode()
PIECES: list[dict[str, Any]] = [
    {"choices": [{"index": 0, "delta": MESSAGE, "finish_reason": None}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23}},
]
STREAM = b"".join(b"data: " + json.dumps({"id": "chatcmpl-1", **piece}).encode() + b"\n\n" for piece in PIECES)
STREAM += b"data: [DONE]\n\n"


class Instant(asyncio.Protocol):
    """Answers each request as soon as all of it is there."""

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, rest = self._data.partition(b"\r\n\r\n")
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            size = int(fields.get(b"content-length", b"0"))
            if len(rest) < size:
                return
            self._data, body = rest[size:], rest[:size]
            streamed = b'"stream":true' in body.replace(b" ", b"")
            said, kind = (STREAM, b"text/event-stream") if streamed else (ANSWER, b"application/json")
            lines = [b"HTTP/1.1 200 OK", b"content-type: " + kind, b"content-length: %d" % len(said), b"", said]
            self._transport.write(b"\r\n".join(lines))


async def upstream(port: int) -> None:
    """Serve until the end of standard input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Instant, "127.0.0.1", port)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


def through(port: int, to: str) -> None:
    """Serve until killed."""
    import aiohttp
    import uvicorn

    clients: list[aiohttp.ClientSession] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not clients:
            clients.append(aiohttp.ClientSession())
        data = bytearray()
        while True:
            message = await receive()
            data += message.get("body", b"")
            if not message.get("more_body"):
                break
        body = json.loads(data)
        body["model"] = "instant"
        async with clients[0].post(f"{to}/v1/chat/completions", json=body) as answer:
            kind = [(b"content-type", answer.headers["content-type"].encode())]
            await send({"type": "http.response.start", "status": answer.status, "headers": kind})
            async for piece in answer.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", lifespan="off", http="httptools", loop="uvloop")


if __name__ == "__main__":
    if sys.argv[1] == "upstream":
        asyncio.run(upstream(int(sys.argv[2])))
    else:
        through(int(sys.argv[2]), sys.argv[3])
