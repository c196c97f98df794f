"""For SDKs that are built on httpx2: a client whose kept connections may be closed, and answers that end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import httpx2

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import origin

REPLY_LIMIT = 64 * 2**20
"""Bytes of a whole answer, as they come over the wire."""


class Client(httpx2.AsyncClient):
    """Sends a request once more when the connection that was kept for it turns out to be closed.

    Its server hung up at that very moment, and not a byte of an answer came. What is asked for here changes nothing
    there, so at worst an answer that nobody got is calculated twice.
    """

    async def send(self, request: httpx2.Request, **settings: Any) -> httpx2.Response:
        """The answer.

        Raises:
            httpx2.TransportError: There is none.
        """
        kept, begun = True, False

        async def watch(event: str, _: Mapping[str, Any]) -> None:
            nonlocal kept, begun
            kept = kept and event != "connection.connect_tcp.started"
            begun = begun or event == "http11.receive_response_headers.complete"

        request.extensions = {**request.extensions, "trace": watch}
        try:
            return await super().send(request, **settings)
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            if not kept or begun:
                raise
        return await super().send(request, **settings)


class _Bounded(httpx2.AsyncByteStream):
    """The bytes of an answer, up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream, place: str) -> None:
        self._stream, self._place, self._left = stream, place, REPLY_LIMIT

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._stream.__aiter__()
        try:
            async for piece in pieces:
                self._left -= len(piece)
                if self._left < 0:
                    raise ProviderReplyError(f"{self._place} sent more than {REPLY_LIMIT >> 20} MiB as one answer")
                yield piece
        finally:
            if isinstance(pieces, AsyncGenerator):
                await pieces.aclose()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bounded(response: httpx2.Response, place: str = "") -> None:
    """An event hook: an answer that never ends does not fill the memory. `place` is whose it is, if not its URL's."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream, place or origin(str(response.url)))
