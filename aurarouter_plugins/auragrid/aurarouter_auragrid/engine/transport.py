"""The client library's socket, but one that lets go of a server that fell silent."""

from __future__ import annotations

import asyncio

from nats.aio.transport import TcpTransport

GOODBYE = 1.0
"""Seconds that a server has to answer a goodbye."""


class LettingGo(TcpTransport):
    """Closes in any case. Over TLS the library waits for the other side, which may be cut off, and goes on nowhere."""

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
