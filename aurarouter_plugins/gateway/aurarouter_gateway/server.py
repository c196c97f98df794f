"""The server process: binds, serves until it is told to stop, and says where it listens."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from aurarouter_gateway.quiet_clients import QuietClients
from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import ConfigError


def is_loopback(host: str) -> bool:
    """True when only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(settings: GatewaySettings, *, has_keys: bool) -> None:
    """Refuse to listen where strangers are without a key and TLS.

    Raises:
        ConfigError: They could come in, or the keys would travel in clear.
    """
    if bool(settings.certificate) != bool(settings.key):
        raise ConfigError("gateway.certificate and gateway.key belong together", hint="Set both, or none.")
    if is_loopback(settings.host):
        return
    missing = []
    if not has_keys:
        missing.append("a client key ('aurarouter apps create NAME')")
    if not settings.certificate:
        missing.append("TLS ('gateway.certificate' and 'gateway.key')")
    if missing:
        raise ConfigError(
            f"listening on {settings.host} needs {' and '.join(missing)}",
            hint="Or listen on 127.0.0.1, and let a proxy that has both pass requests on.",
        )


def bound(settings: GatewaySettings) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: The address is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, each connection gets TCP_NODELAY; else small answers wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"can't listen on {settings.host}:{settings.port}: {error.strerror or error}",
            hint="Choose another with --port, or 0 for any free one.",
        ) from error
    listener.set_inheritable(True)
    return listener


async def serve(app: ASGIApp, settings: GatewaySettings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; running answers get a few seconds to end."""
    limits = {"seconds": settings.read_timeout, "most": settings.max_header}
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
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=5,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    server = _Announced(config, ready)
    await server.serve([listener])


class _Announced(uvicorn.Server):
    """Says that it is ready once it is."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self._ready()
