"""The server process: serves until it is told to stop, and says when it is ready."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from aurarouter_core import settled
from aurarouter_gateway.quiet_clients import QuietClients
from aurarouter_gateway.settings import GatewaySettings


async def serve(app: ASGIApp, settings: GatewaySettings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT (raised again at the end) or SIGTERM; running answers get a few seconds to end."""
    limits = {"seconds": settings.read_timeout, "most": settings.max_header, "patience": settings.write_timeout}
    config = uvicorn.Config(
        app,
        http=type("Measured", (QuietClients,), limits),
        loop="none",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        date_header=True,
        limit_concurrency=settings.max_connections + 1,  # the first that is too many, itself counted
        timeout_graceful_shutdown=5,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    server = _Announced(config, ready)
    await server.serve([listener])


class _Announced(uvicorn.Server):
    """Says that it is ready once it is, and ends on SIGTERM without dying of it: what is around it has to close."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            settled()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and wait for what runs. What is cancelled at last gets a moment to tell its client."""
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=1)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. Uvicorn raises each signal again that it takes note of, and SIGTERM would end the process there."""
        if sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)
