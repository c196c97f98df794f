"""A call's work in a task of its own: it ends when the call is cancelled, its client hangs up, or the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio
import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext

Answer = TypeVar("Answer")


async def apart(context: ServerRequestContext[Any, Any], work: Coroutine[Any, Any, Answer]) -> Answer:
    """Do the work. The SDK cancels again and again until all is over; the work is cancelled once, and can clean up.

    Raises:
        MCPError: The server stops; or the client has hung up, and nobody hears this.
    """
    acting = asyncio.create_task(work)
    # Over standard input the SDK cancels all calls of a client that is gone; over HTTP it lets them go on.
    gone = context.request.scope["state"]["gone"] if context.request is not None else asyncio.Event()
    leaving = asyncio.create_task(gone.wait())
    try:
        await asyncio.wait({acting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not acting.done():
            raise MCPError(types.CONNECTION_CLOSED, "the server has stopped before the answer was complete")
        return acting.result()
    finally:
        leaving.cancel()
        acting.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({acting, leaving})
