"""Work that ends when its client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive

from aurarouter_gateway.body import ClientLeftError

SOON = 0.02
"""Seconds after which it is looked for; most answers of a cache or a small model are sooner."""


@asynccontextmanager
async def until_left(receive: Receive) -> AsyncIterator[None]:
    """Cancel what is inside once the client is gone.

    Raises:
        ClientLeftError: It went.
    """
    mine = asyncio.current_task()
    if mine is None:
        raise RuntimeError("a request is answered inside a task")
    left = False
    watcher: asyncio.Task[None] | None = None

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        mine.cancel()

    def begin() -> None:
        nonlocal watcher
        watcher = asyncio.create_task(watch())

    timer = asyncio.get_running_loop().call_later(SOON, begin)
    try:
        yield
    except asyncio.CancelledError:
        if left and mine.uncancel() == 0:
            raise ClientLeftError from None
        raise
    finally:
        timer.cancel()
        if watcher is not None:
            watcher.cancel()
