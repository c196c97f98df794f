"""Work that ends when its client leaves, or the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from starlette.types import Scope

from aurarouter_gateway.body import ClientLeftError
from aurarouter_hooks import RoutingError

LEAVERS = "leavers"
"""In a request's state: what its connection calls when it is lost."""

Leavers = list[Callable[[], None]]


class UntilLeft:
    """A block that is cancelled once the client is gone. Each request has some, so it is made of no generator.

    Args:
        scope: The request's; its connection tells when the client goes.

    Raises:
        ClientLeftError: It went.
        RoutingError: The server stops, and has waited as long as it does: nobody else cancels a request.
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
        if not isinstance(error, asyncio.CancelledError):
            return
        while self._mine.uncancel():
            pass
        if self._left:
            raise ClientLeftError from None
        raise RoutingError("the gateway has stopped before the answer was complete", hint="Ask again.") from None

    def _leave(self) -> None:
        self._left = True
        self._mine.cancel()
