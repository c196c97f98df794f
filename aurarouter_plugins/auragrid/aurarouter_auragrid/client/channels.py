"""Connections to nodes, one for each address, made when first needed."""

from __future__ import annotations

from pathlib import Path

import grpc
import grpc.aio

from aurarouter_auragrid.settings import Tls

OPTIONS = [
    ("grpc.enable_http_proxy", 0),  # a cell's nodes are reached directly or not at all
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),  # a machine that vanished without a word is noticed
    ("grpc.keepalive_timeout_ms", 4_000),
    ("grpc.max_receive_message_length", 256 << 20),
]


class Channels:
    """One channel for each address.

    Args:
        tls: For cells that span machines.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._open: dict[str, grpc.aio.Channel] = {}

    def to(self, address: str) -> grpc.aio.Channel:
        """The channel to an address."""
        if address not in self._open:
            self._open[address] = (
                grpc.aio.secure_channel(address, self._credentials(), OPTIONS)
                if self._tls
                else grpc.aio.insecure_channel(address, OPTIONS)
            )
        return self._open[address]

    def _credentials(self) -> grpc.ChannelCredentials:
        ca, key, cert = (Path(p).expanduser().read_bytes() for p in (self._tls.ca, self._tls.key, self._tls.cert))
        return grpc.ssl_channel_credentials(ca, key, cert)

    async def aclose(self) -> None:
        """Close all of them."""
        opened, self._open = list(self._open.values()), {}
        for channel in opened:
            await channel.close(None)
