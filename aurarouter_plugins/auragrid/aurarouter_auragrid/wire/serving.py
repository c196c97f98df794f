"""The gRPC server of a node: the services, health and reflection behind one check of tokens."""

from __future__ import annotations

import ipaddress
import logging
from pathlib import Path

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from aurarouter_auragrid.remote.models import Models
from aurarouter_auragrid.remote.protocol import SERVICE
from aurarouter_auragrid.settings import Grid, Tls
from aurarouter_auragrid.wire import codec
from aurarouter_auragrid.wire.auth import Door, DoorInterceptor
from aurarouter_auragrid.wire.calls import Calls
from aurarouter_hooks import ConfigError

log = logging.getLogger(__name__)
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def is_loopback(host: str) -> bool:
    """The address is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False  # a name may lead anywhere


def require_safe(grid: Grid) -> None:
    """Nothing leaves this machine in clear.

    Raises:
        ConfigError: It would.
    """
    if not is_loopback(grid.host) and not grid.tls:
        raise ConfigError(
            f"grid.host is '{grid.host}', which others can reach, and grid.tls is not set",
            hint="Make certificates with 'aurarouter grid init-cluster', or set grid.host to 127.0.0.1.",
        )


class Serving:
    """A running server.

    Args:
        grid: Where it listens and what it takes.
        calls: What it answers with.
        models: What it answers other nodes with.
        door: Who may call.
    """

    def __init__(self, grid: Grid, calls: Calls, models: Models, door: Door) -> None:
        self._grid, self._calls, self._models, self._door = grid, calls, models, door
        self._server: grpc.aio.Server | None = None
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]  # made when it is asked for
        self.port = 0

    @property
    def address(self) -> str:
        """What others connect to."""
        return f"{self._grid.advertise or self._grid.host}:{self.port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: The address can't be had, or would be open to others in clear.
        """
        require_safe(self._grid)
        self._server = grpc.aio.server(
            interceptors=[DoorInterceptor(self._door, SERVICE)],
            options=[
                ("grpc.max_receive_message_length", self._grid.max_message),
                ("grpc.max_send_message_length", -1),  # what a model has written is not thrown away for its length
                ("grpc.so_reuseport", 0),  # else two nodes share one port, and each gets half of the other's calls
            ],
        )
        self._server.add_generic_rpc_handlers([*self._calls.handlers(), self._models.handler()])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        full = [service.full_name for service in codec.DESCRIPTOR.services_by_name.values()]
        reflection.enable_server_reflection([*full, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        where = f"{self._grid.host}:{self._grid.port}"
        try:
            if self._grid.tls:
                self.port = self._server.add_secure_port(where, _credentials(self._grid.tls))
            else:
                self.port = self._server.add_insecure_port(where)
        except RuntimeError as error:
            await self._server.stop(None)
            raise ConfigError(f"the services can't listen on {where}", hint="Set grid.port to a free one.") from error
        await self._server.start()
        await self.serving(True)

    async def serving(self, yes: bool) -> None:
        """What the health service says."""
        names = [*(service.full_name for service in codec.DESCRIPTOR.services_by_name.values()), ""]
        for name in names:
            await self._health.set(name, SERVING if yes else NOT_SERVING)

    async def stop(self, grace: float = 0.0) -> None:
        """Take no new calls, give running ones time, then end them."""
        if self._server is not None:
            await self._health.enter_graceful_shutdown()
            await self._server.stop(grace)
            self._server = None


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    try:
        ca, cert, key = (Path(path).expanduser().read_bytes() for path in (tls.ca, tls.cert, tls.key))
    except OSError as error:
        raise ConfigError(f"grid.tls: {error.filename} can't be read: {error.strerror}") from error
    return grpc.ssl_server_credentials([(key, cert)], ca, require_client_auth=True)
