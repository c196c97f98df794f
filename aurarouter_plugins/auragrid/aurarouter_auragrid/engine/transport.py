"""The client library's socket, but one that lets go of a server that fell silent, and ends in silence."""

from __future__ import annotations

import asyncio
from typing import Any

from nats.aio.transport import TcpTransport

GOODBYE = 1.0
"""Seconds that a server has to answer a goodbye."""


class LettingGo(TcpTransport):
    """Closes in any case. Over TLS the library waits for the other side, which may be cut off, and goes on nowhere."""

    async def connect_tls(self, *arguments: Any, **named: Any) -> None:
        """Speak TLS from now on, and know it: else asyncio complains on stderr whenever the server hangs up."""
        await super().connect_tls(*arguments, **named)
        protocol = self._io_writer.transport.get_protocol() if self._io_writer is not None else None
        if isinstance(protocol, asyncio.StreamReaderProtocol):  # none where it is closed already
            protocol._over_ssl = True  # type: ignore[attr-defined]  # as asyncio's own start_tls does

    async def wait_closed(self) -> None:
        """Wait for the connection to be closed, and in the end break it off."""
        try:
            async with asyncio.timeout(GOODBYE):
                await super().wait_closed()
        except TimeoutError:
            if self._io_writer is not None:
                self._io_writer.transport.abort()

    def __bool__(self) -> bool:
        return True  # else the library takes one of its own
