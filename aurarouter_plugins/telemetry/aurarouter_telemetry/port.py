"""A small HTTP port on loopback for programs without a gateway: `GET /metrics`, and nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from typing import Self

from aurarouter_hooks import ConfigError

log = logging.getLogger(__name__)
ASKED = 5.0
"""Seconds in which a request has to arrive, and its answer to be taken."""
LONGEST = 16 * 1024
"""Bytes of a request."""
CLIENTS = 16
"""Readers at a time."""


class Port:
    """Serves one page until it is closed.

    Args:
        server: Listens already.
    """

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server

    @classmethod
    async def open(cls, listen: str, page: Callable[[], tuple[str, str]]) -> Self:
        """Listen.

        Args:
            listen: HOST:PORT, on this machine.
            page: Makes the page: its media type and its text.

        Raises:
            ConfigError: The address is not on this machine, or is taken.
        """
        host, port = address(listen)
        serving = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal serving
            serving += 1
            try:
                if serving <= CLIENTS:
                    async with asyncio.timeout(ASKED):
                        head = await reader.readuntil(b"\r\n\r\n")
                        writer.write(_answer(head, page))
                        await writer.drain()
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError) as error:
                log.debug("a reader of the metrics said nothing that can be read: %s", error)
            finally:
                serving -= 1
                writer.close()

        try:
            server = await asyncio.start_server(serve, host, port, limit=LONGEST)
        except OSError as error:
            raise ConfigError(
                f"telemetry.listen: can't listen on {listen}: {error.strerror or error}",
                hint="Two programs can't share a port; give one another with AURAROUTER_TELEMETRY__LISTEN.",
            ) from error
        return cls(server)

    @property
    def number(self) -> int:
        """The port's number."""
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def close(self) -> None:
        """Listen no longer."""
        self._server.close()
        await self._server.wait_closed()


def address(listen: str) -> tuple[str, int]:
    """Host and port of an address on this machine.

    Raises:
        ConfigError: It is none.
    """
    host, _, port = listen.rpartition(":")
    number = int(port) if port.isdecimal() else -1
    if not _is_here(host) or not 0 <= number <= 65535:
        raise ConfigError(
            f"telemetry.listen: '{listen}' is no port of this machine",
            hint="Write an address like 127.0.0.1:9464; for others, put a proxy with a key in front.",
        )
    return _bare(host), number


def _bare(host: str) -> str:
    return host.removeprefix("[").removesuffix("]")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(_bare(host)).is_loopback
    except ValueError:
        return False


def _answer(head: bytes, page: Callable[[], tuple[str, str]]) -> bytes:
    line, *rest = head.decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in rest)}
    method, _, target = line.partition(" ")
    path = target.partition(" ")[0].partition("?")[0]
    host = fields.get("host", "").rpartition(":")[0] or fields.get("host", "")
    if not _is_here(host) or "origin" in fields:  # a page in a browser must not read it
        return _response("421 Misdirected Request", "text/plain", "this port answers this machine alone\n")
    if method != "GET" or path != "/metrics":
        return _response("404 Not Found", "text/plain", "there is GET /metrics here, and nothing else\n")
    return _response("200 OK", *page())


def _response(status: str, media_type: str, text: str) -> bytes:
    body = text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
