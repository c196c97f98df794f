"""Who asks and then does not take the answer: its connection ends, and what waits for it is let go of."""

import asyncio
import contextlib
import json
import socket
from typing import Any

import httpx
import pytest

MEGABYTE = 2**20
PATIENCE = 0.5


@pytest.fixture
def settings() -> dict[str, Any]:
    return {
        "models": {"e": {"provider": "echo"}},
        "roles": {role: ["e"] for role in ("coding", "reasoning", "router")},
        "gateway": {"write_timeout": PATIENCE},
    }


async def asked(url: str, *, stream: bool) -> socket.socket:
    """A connection on which a long answer was asked for; as little as possible of it is taken by the system."""
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(ours, ("127.0.0.1", httpx.URL(url).port))
    said = [{"role": "user", "content": "tangerine " * (MEGABYTE if stream else 2 * MEGABYTE)}]
    body = json.dumps({"model": "e", "stream": stream, "messages": said}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    await loop.sock_sendall(ours, head.encode() + body)
    return ours


async def taken(ours: socket.socket, most: int, pause: float = 0.0) -> int:
    """Bytes of an answer up to the end of its connection, or so many; there is a pause after each megabyte."""
    loop, size, megabytes = asyncio.get_running_loop(), 0, 0
    with contextlib.suppress(ConnectionError):
        while size < most and (piece := await loop.sock_recv(ours, MEGABYTE)):
            size += len(piece)
            if size // MEGABYTE > megabytes:
                megabytes = size // MEGABYTE
                await asyncio.sleep(pause)
    ours.close()
    return size


@pytest.mark.parametrize("stream", [False, True])
async def test_who_takes_nothing_is_left(url: str, stream: bool) -> None:
    ours = await asked(url, stream=stream)
    size = 0
    while size < 2000:  # more than the head and who speaks: the long piece has come
        size += len(await asyncio.get_running_loop().sock_recv(ours, 500))
    await asyncio.sleep(4 * PATIENCE)
    assert await asyncio.wait_for(taken(ours, 20 * MEGABYTE), 10) < 10 * MEGABYTE
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health")).status_code == 200


async def test_who_takes_a_little_at_a_time_gets_all(url: str) -> None:
    ours = await asked(url, stream=False)
    assert await taken(ours, 20 * MEGABYTE, PATIENCE / 5) >= 20 * MEGABYTE
