"""Who may call: one check for every method, before anything of a request is read."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any

import grpc
import grpc.aio

from aurarouter_auragrid.names import ANONYMOUS

HEALTH = "/grpc.health."
caller: ContextVar[str] = ContextVar("caller", default=ANONYMOUS)
"""The app whose token came with the call."""

Authorise = Callable[[str], Awaitable[str | None]]
"""A token → the app that it belongs to; None when it is nobody's."""


def by_token(token: str, app: str = ANONYMOUS) -> Authorise:
    """Accept the cell's own token."""

    async def authorise(given: str) -> str | None:
        return app if hmac.compare_digest(given.encode(), token.encode()) else None

    return authorise


class TokenInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stubs alone
    """Refuses calls without a token that somebody has. Health alone is open: load balancers hold no tokens.

    Args:
        ways: Asked in turn whose token it is.
    """

    def __init__(self, ways: Sequence[Authorise]) -> None:
        self._ways = ways

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Let the call in, or answer UNAUTHENTICATED."""
        if handler_call_details.method.startswith(HEALTH):
            return await continuation(handler_call_details)
        given = next((v for k, v in handler_call_details.invocation_metadata or () if k == "authorization"), "")
        kind, _, token = given.partition(" ") if isinstance(given, str) else ("", "", "")
        if kind.lower() == "bearer" and token:
            for way in self._ways:
                app = await way(token.strip())
                if app is not None:
                    caller.set(app)
                    return await continuation(handler_call_details)
        return grpc.unary_unary_rpc_method_handler(_refused)


async def _refused(_: bytes, context: Any) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "a valid token is needed: 'authorization: Bearer …'")
