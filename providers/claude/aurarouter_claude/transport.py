"""What prompts need of HTTP: connections that live, and for private ones a checked address and no word in a log."""

import ipaddress
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpx2

from aurarouter_hooks import Prompt, ProviderReplyError, ProviderUnavailableError
from aurarouter_hooks.http_errors import origin

REPLY_LIMIT = 64 * 2**20  # bytes of a whole answer, as they come over the wire

_checked: ContextVar[tuple[str, ...] | None] = ContextVar("checked", default=None)


@contextmanager
def confined(prompt: Prompt | None, place: str) -> Iterator[None]:
    """A block in which requests of a private prompt reach none but the addresses that were checked for it.

    Raises:
        ProviderUnavailableError: No address was checked.
    """
    if prompt is None or not prompt.private:
        yield
        return
    addresses = prompt.location.addresses if prompt.location else ()
    if not addresses:
        raise ProviderUnavailableError(
            f"a private prompt may not go to {place}: none of its addresses was checked",
            hint="Check that the endpoint's name resolves.",
        )
    token = _checked.set(addresses)
    try:
        yield
    finally:
        _checked.reset(token)


class PinnedTransport(httpx2.AsyncHTTPTransport):
    """Connects to a checked address; the Host header and the TLS name stay the endpoint's."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the first checked address that can be reached.

        Raises:
            ProviderUnavailableError: It is asked outside of `confined`.
        """
        url = request.url
        request.extensions = {"sni_hostname": url.raw_host.decode("ascii"), **request.extensions}
        refused: httpx2.ConnectError | httpx2.ConnectTimeout | None = None
        for address in _checked.get() or ():
            request.url = url.copy_with(host=str(ipaddress.ip_address(address)))
            try:
                return await super().handle_async_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as exc:
                refused = exc  # not connected, so nothing was sent
            finally:
                request.url = url
        raise refused or ProviderUnavailableError("a private prompt came without a checked address")


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


class _Discreet(logging.Filter):
    """The SDK logs whole requests at DEBUG; a private prompt has no place there."""

    def filter(self, record: logging.LogRecord) -> bool:
        return _checked.get() is None


_DISCREET = _Discreet()


def keep_quiet() -> None:
    """See that the SDK logs nothing about private requests. Safe to call again."""
    logging.getLogger("anthropic._base_client").addFilter(_DISCREET)


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


async def bounded(response: httpx2.Response) -> None:
    """An event hook: an answer that never ends does not fill the memory."""
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream, origin(str(response.url)))
