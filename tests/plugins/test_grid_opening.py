"""A connection to the cell that is given up while it opens: nothing of it stays."""

import asyncio

import pytest

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.connection import Connection


async def test_whoever_is_cancelled_while_it_opens_hangs_up() -> None:
    called, hung_up = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        opening = asyncio.create_task(Connection(Cell(urls=(f"nats://127.0.0.1:{port}",))).open())
        await called.wait()
        await asyncio.sleep(0.05)  # it waits for the server's first words
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        await asyncio.wait_for(hung_up.wait(), 1)
