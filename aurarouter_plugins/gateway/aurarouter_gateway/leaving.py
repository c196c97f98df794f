"""Work that ends when its client leaves."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.types import Receive

from aurarouter_gateway.body import ClientLeftError

SOON = 0.02
"""Seconds after which it is looked for; most answers of a cache or a small model are sooner."""


class UntilLeft:
    """A block that is cancelled once the client is gone. Each request has one, so it is made of no generator.

    Args:
        receive: Tells when the client goes.

    Raises:
        ClientLeftError: It went.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        mine = asyncio.current_task()
        if mine is None:
            raise RuntimeError("a request is answered inside a task")
        self._mine = mine
        self._timer = asyncio.get_running_loop().call_later(SOON, self._begin)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if isinstance(error, asyncio.CancelledError) and self._left and self._mine.uncancel() == 0:
            raise ClientLeftError from None

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        self._mine.cancel()
