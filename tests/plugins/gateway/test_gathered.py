"""What is written in one turn of the loop goes out in one piece, and nothing of it is lost."""

import asyncio
import socket

from aurarouter_gateway.quiet_clients import Gathered


async def sent(*pieces: bytes, close: bool) -> tuple[bytes, bytes]:
    """What a reader gets at first, and after that up to the end."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=theirs)
    gathered = Gathered(transport, loop)
    for piece in pieces:
        gathered.write(piece)
    if close:
        gathered.close()
    first = await loop.sock_recv(ours, 10_000)
    gathered.write(b"more")
    transport.close() if close else gathered.close()
    rest = await loop.sock_recv(ours, 10_000)
    ours.close()
    assert gathered.is_closing()
    return first, rest


async def test_a_head_goes_with_its_body() -> None:
    assert await sent(b"head ", b"body", close=False) == (b"head body", b"more")


async def test_what_is_held_goes_out_before_the_end() -> None:
    assert await sent(b"head ", b"body", close=True) == (b"head body", b"")
