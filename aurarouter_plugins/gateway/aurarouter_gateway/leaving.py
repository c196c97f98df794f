"""Work that ends when its client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from starlette.types import Scope

from aurarouter_gateway.body import ClientLeftError

LEAVERS = "leavers"
"""In a request's state: what its connection calls when it is lost."""

Leavers = list[Callable[[], None]]


class UntilLeft:
    """A block that is cancelled once the client is gone. Each request has one, so it is made of no generator.

    Args:
        scope: The request's; its connection tells when the client goes.

    Raises:
        ClientLeftError: It went.
    """

    def __init__(self, scope: Scope) -> None:
        self._leavers: Leavers = scope["state"][LEAVERS]
        self._left = False

    async def __aenter__(self) -> None:
        mine = asyncio.current_task()
        if mine is None:
            raise RuntimeError("a request is answered inside a task")
        self._mine = mine
        self._leavers.append(self._leave)

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._leavers.remove(self._leave)
        if isinstance(error, asyncio.CancelledError) and self._left and self._mine.uncancel() == 0:
            raise ClientLeftError from None

    def _leave(self) -> None:
        self._left = True
        self._mine.cancel()
