"""The server over HTTP: one session for each client, behind the door, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from aurarouter_core import Doorkeeper
from aurarouter_mcp.door import Door
from aurarouter_mcp.settings import McpSettings
from aurarouter_mcp.slow_clients import SlowClients

MAX_HEADER = 64 * 1024
"""Bytes of a request's line and headers."""
GRACE = 5.0
"""Seconds that running calls get to end, once the server is told to stop."""


async def serve(
    server: Server[Any], settings: McpSettings, keys: Doorkeeper, listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Serve until SIGINT (raised again at the end) or SIGTERM.

    Args:
        server: What answers.
        settings: The section `mcp`.
        keys: Knows the client keys.
        listener: A bound socket.
        ready: Called once clients can connect.
    """
    http = settings.http
    manager = StreamableHTTPSessionManager(
        server,
        max_request_body_size=settings.max_message,
        session_idle_timeout=http.idle_timeout,
        max_sessions=http.max_sessions,
    )
    door = Door(manager.handle_request, http, keys)
    config = uvicorn.Config(
        door,
        http=type("Timed", (SlowClients,), {"seconds": http.read_timeout}),
        h11_max_incomplete_event_size=MAX_HEADER,
        loop="none",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=http.max_connections + 1,  # the first that is too many, itself counted
        timeout_graceful_shutdown=int(GRACE) + 1,
        ssl_certfile=http.certificate,
        ssl_keyfile=http.key,
    )
    async with manager.run():
        await _Announced(config, ready, door.stop).serve([listener])


class _Announced(uvicorn.Server):
    """Says that it is ready once it is, and ends on SIGTERM without dying of it: what is around it has to close."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and wait for what runs; what takes too long is ended while its client can be told."""
        ending = asyncio.get_running_loop().call_later(GRACE, self._stop)
        await super().shutdown(sockets)
        ending.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. Uvicorn raises each signal again that it takes note of, and SIGTERM would end the process there."""
        if sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)
