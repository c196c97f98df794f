"""For SDKs that are built on httpx2: a client whose kept connections may be closed, and answers that end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

import httpx2

from aurarouter_hooks.errors import ProviderReplyError
from aurarouter_hooks.http_errors import origin
from aurarouter_hooks.http_unpacking import ACCEPTED, packing, unpacked

REPLY_LIMIT = 64 * 2**20
"""Bytes of a whole answer, unpacked."""
LINE_LIMIT = 4 * 2**20
"""Bytes of one line of an event stream. The SDKs look through a line anew with each piece of it that comes."""


class Client(httpx2.AsyncClient):
    """Sends a request once more when the connection that was kept for it turns out to be closed.

    Its server hung up at that very moment, and not a byte of an answer came. What is asked for here changes nothing
    there, so at worst an answer that nobody got is calculated twice.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(headers={"Accept-Encoding": ACCEPTED}, **settings)

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
    """The bytes of an answer, up to a limit; of one that comes in lines, up to a limit for each of them, too."""

    def __init__(self, stream: httpx2.AsyncByteStream, place: str, packed: str, *, lines: bool) -> None:
        self._stream, self._place, self._packed, self._left = stream, place, packed, REPLY_LIMIT
        self._lines, self._line = lines, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        came = self._stream.__aiter__()
        pieces = unpacked(came, self._packed, httpx2.DecodingError) if self._packed else came
        try:
            async for piece in pieces:
                self._left -= len(piece)
                if self._left < 0:
                    raise ProviderReplyError(f"{self._place} sent more than {REPLY_LIMIT >> 20} MiB as one answer")
                ended = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1 if self._lines else len(piece)
                self._line = len(piece) - ended + (0 if ended else self._line)
                if self._line > LINE_LIMIT:
                    raise ProviderReplyError(f"{self._place} sent an event of more than {LINE_LIMIT >> 20} MiB")
                yield piece
        finally:
            for each in (pieces, came):
                if isinstance(each, AsyncGenerator):
                    await each.aclose()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bounded(response: httpx2.Response, place: str = "") -> None:
    """An event hook: an answer that never ends does not fill the memory. `place` is whose it is, if not its URL's."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        lines = response.headers.get("content-type", "").startswith("text/event-stream")
        packed = packing(response.headers.pop("content-encoding", ""))  # else httpx2 would unpack it, without a bound
        response.stream = _Bounded(response.stream, place or origin(str(response.url)), packed, lines=lines)
