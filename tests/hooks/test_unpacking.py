"""Packed answers: the same bytes however they come, and never more of them at once than somebody asked for."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from aurarouter_hooks.http_client import open_client
from aurarouter_hooks.http_unpacking import MOST, packing, unpacked

WORDS = "".join(f"word {n} " for n in range(30_000)).encode()


def bare(data: bytes) -> bytes:
    """Deflate without a frame, as some servers send it."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def cut(data: bytes, size: int) -> AsyncIterator[bytes]:
    """The data in pieces."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.mark.parametrize("size", [1, 100, 10_000_000])
@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", bare)],
    ids=["gzip", "zlib", "bare"],
)
@pytest.mark.parametrize("data", [b"", b"a", WORDS, b"a" * MOST, b"a" * (3 * MOST)], ids=len)
async def test_the_same_bytes(data: bytes, name: str, pack: Callable[[bytes], bytes], size: int) -> None:
    pieces = [piece async for piece in unpacked(cut(pack(data), size), name, ValueError)]
    assert b"".join(pieces) == data
    assert max(map(len, pieces), default=0) <= MOST


async def test_a_stream_is_told_as_it_comes() -> None:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    first = packer.compress(b"data: one\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)

    async def come() -> AsyncIterator[bytes]:
        yield first
        raise AssertionError("nobody may wait for what follows")

    assert await anext(unpacked(come(), "gzip", ValueError)) == b"data: one\n\n"


@pytest.mark.parametrize("packing", ["gzip", "gzip, gzip"])
async def test_few_bytes_that_stand_for_gigabytes(packing: str) -> None:
    packed = gzip.compress(b"a" * 2**26) if packing == "gzip" else gzip.compress(gzip.compress(b"a" * 2**26))
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {packing}\r\ncontent-length: {len(packed)}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + packed)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = httpx.URL("http://127.0.0.1", port=server.sockets[0].getsockname()[1])
        clocks = {"pool": None, "connect": 5.0, "read": 5.0, "write": None}
        async with open_client({}, url, private=True, fresh=False) as client:
            response = await client.begin("GET", url, {}, b"", clocks, "")
            assert max([len(piece) async for piece in response.aiter_bytes()]) <= 2**20
            await response.aclose()


async def test_broken_bytes() -> None:
    with pytest.raises(ValueError, match="incorrect header"):
        _ = [piece async for piece in unpacked(cut(b"no gzip at all", 100), "gzip", ValueError)]


@pytest.mark.parametrize(
    ("said", "packed"),
    [("", ""), ("identity", ""), (" GZip", "gzip"), ("gzip, gzip", ""), ("gzip, deflate", ""), ("br", "")],
)
def test_what_was_not_asked_for_stays_packed(said: str, packed: str) -> None:
    assert packing(said) == packed
