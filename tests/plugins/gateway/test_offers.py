"""Clients that offer another protocol beside their request are answered in the one that they speak."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
BODY = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "a\r\nUpgrade: b"}]}).encode()


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"], "reasoning": ["e"]}}


async def answered(reader: asyncio.StreamReader) -> tuple[bytes, Any]:
    """The status, and the body as JSON."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head.split()[1], json.loads(await reader.readexactly(length))


@pytest.mark.parametrize("name", [b"Upgrade", b"upgrade", b"UPGRADE"])
@pytest.mark.parametrize("what", [b"h2c", b"websocket"])
@pytest.mark.parametrize("piece", [10_000, 400, 100, 7, 1])
async def test_an_offer_is_ignored(url: str, name: bytes, what: bytes, piece: int) -> None:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + OFFER + name + b": " + what
        said = head + b"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
        for _ in range(2):  # on a connection that is kept
            for at in range(0, len(said), piece):
                writer.write(said[at : at + piece])
                await writer.drain()
                await asyncio.sleep(0.001)
            status, told = await answered(reader)
            assert (status, told["choices"][0]["message"]["content"]) == (b"200", "a\r\nUpgrade: b")
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
