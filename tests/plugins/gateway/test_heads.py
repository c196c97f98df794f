"""The head of a request has no more bytes than the settings say, however it comes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

CHAT = "/v1/chat/completions"
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"]}, "gateway": {"max_header": 1000}}


def head(size: int, line: bytes = b"GET /health HTTP/1.1") -> bytes:
    """A head of that many bytes."""
    begun = line + b"\r\nhost: localhost\r\nx-long: "
    return begun + b"a" * (size - len(begun) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("before", "pieces", "status"),
    [
        (b"", 1, b"200"),
        (b"", 10, b"200"),
        (b"", 1, b"431"),
        (b"", 10, b"431"),
        (head(1000), 1, b"431"),  # on a connection that is kept
    ],
)
async def test_a_head_may_have_just_so_many_bytes(url: str, before: bytes, pieces: int, status: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(before)
    if before:
        assert b"200" in await asyncio.wait_for(reader.readline(), 5)
        await asyncio.wait_for(reader.readuntil(b'"ok"}'), 5)
    said = head(1000 if status == b"200" else 1001)
    for at in range(0, len(said), len(said) // pieces):
        writer.write(said[at : at + len(said) // pieces])
        await writer.drain()
        await asyncio.sleep(0.01)
    assert status in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize("size", [2000, 60_000, 100_000])
async def test_what_is_larger_is_refused_at_once(url: str, size: int) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/health", headers={"x-long": "a" * size})).status_code == 431
        assert (await client.get("/health?" + "a" * min(size, 60_000))).status_code == 431
        body = json.dumps(HELLO).encode() + b" " * 15_000  # which belongs to no head
        assert (await client.post(CHAT, content=body)).status_code == 200


async def test_headers_behind_a_body_are_measured_too(url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
    writer.write(b"x: " + b"1" * 2000 + b"\r\n\r\n")
    assert b"431" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)
