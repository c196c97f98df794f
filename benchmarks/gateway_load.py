"""Load on a server of the OpenAI API: requests one after another, and over many connections at once."""

from __future__ import annotations

import asyncio
import json
import time

from attrs import frozen

PROMPT = "Write a Python function that reverses a string, and explain in a few words how it works. " * 4


@frozen
class Peer:
    """One server under load; `engine` is the process behind it that does its work, where there is one."""

    name: str
    url: tuple[str, int]
    model: str
    pid: int
    started: float
    engine: int | None = None


def request(peer: Peer, *, stream: bool = False) -> bytes:
    """The bytes of one request."""
    body = json.dumps(
        {"model": peer.model, "stream": stream, "messages": [{"role": "user", "content": PROMPT}]}
    ).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}authorization: Bearer sk-1\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


class Connection:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, peer: Peer) -> Connection:
        """Open it."""
        return cls(*await asyncio.open_connection(*peer.url))

    async def ask(self, data: bytes) -> float:
        """Seconds from the request's first byte to the answer's last."""
        began = time.perf_counter()
        self._writer.write(data)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"not answered: {head!r}")
        fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
        if b"content-length" in fields:
            await self._reader.readexactly(int(fields[b"content-length"]))
        else:
            while size := int(await self._reader.readline(), 16):
                await self._reader.readexactly(size + 2)
            await self._reader.readline()
        return time.perf_counter() - began

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def one_by_one(peer: Peer, count: int, *, stream: bool = False) -> list[float]:
    """Seconds of each request, one after another."""
    connection, data = await Connection.to(peer), request(peer, stream=stream)
    await connection.ask(data)
    took = [await connection.ask(data) for _ in range(count)]
    connection.close()
    return took


async def at_once(peer: Peer, connections: int, count: int) -> float:
    """Requests a second over so many connections."""
    opened = [await Connection.to(peer) for _ in range(connections)]
    data = request(peer)

    async def work(connection: Connection) -> None:
        for _ in range(count // connections):
            await connection.ask(data)

    began = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    took = time.perf_counter() - began
    for connection in opened:
        connection.close()
    return (count // connections) * connections / took
