"""The way to a backend over HTTP: asked for every prompt, so as little as can be stands on it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from yarl import URL

from aurarouter_hooks.http_client import KeptTransport, reused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from multidict import CIMultiDictProxy


def target(endpoint: str, path: str) -> tuple[URL, str]:
    """The address of a path below an endpoint, without user and password, and the Host that it is asked as.

    Raises:
        httpx.InvalidURL, httpx.UnsupportedProtocol: The endpoint is none of HTTP.
    """
    url = httpx.URL(endpoint).copy_with(userinfo=b"")
    if url.scheme not in ("http", "https") or not url.host:
        raise httpx.UnsupportedProtocol("no address of HTTP")
    url = url.copy_with(path=url.path.rstrip("/") + path)
    try:
        made = URL(str(url), encoded=True)
        made.explicit_port  # noqa: B018 - read when it is asked for, and only then found to be none
        return made, url.netloc.decode("ascii")
    except ValueError as error:
        raise httpx.InvalidURL("no usable address") from error


class Way:
    """The way to one endpoint. httpx says which proxy the environment names for it, once; aiohttp does the rest.

    Args:
        client: Knows proxies and trust.
        url: The endpoint.
        headers: Sent with every request.
    """

    def __init__(self, client: httpx.AsyncClient, url: httpx.URL, headers: Mapping[str, str]) -> None:
        self._client = client
        transport = client._transport_for_url(url)
        assert isinstance(transport, KeptTransport)  # noqa: S101 - our clients make no others
        self._session = transport.client = transport.get_client()
        proxy = transport.proxy
        self._headers = {"User-Agent": "aurarouter", "Accept": "*/*", **headers}
        if url.userinfo:
            word = f"{url.username}:{url.password}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(word).decode()}"
        self._proxy: dict[str, Any] = {"proxy": str(proxy.url), "proxy_headers": proxy.headers} if proxy else {}

    async def ask(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        clocks: aiohttp.ClientTimeout,
        name: str,
    ) -> Response:
        """Send a request; the answer, once it has begun. A redirect is an answer like any other.

        Args:
            headers: Beside those of every request.
            clocks: How long each part may take.
            name: Whom a certificate has to name.

        Raises:
            aiohttp.ClientError, OSError: There is none.
        """
        response = await self._session.request(
            method,
            url,
            headers={**self._headers, **headers},
            data=content,
            allow_redirects=False,
            timeout=clocks,
            server_hostname=name,
            **self._proxy,
        )
        return Response(response)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()


class Response:
    """An answer that has begun.

    Attributes:
        status_code, headers: Names of headers in any case.
    """

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status_code = response.status
        self.headers: CIMultiDictProxy[str] = response.headers

    @property
    def is_success(self) -> bool:
        """The status says so."""
        return 200 <= self.status_code < 300

    @property
    def is_whole(self) -> bool:
        """All of it has been read."""
        return self._response.content.at_eof()

    async def aiter_bytes(self) -> AsyncGenerator[bytes]:
        """The body as it comes, decompressed."""
        async for piece in self._response.content.iter_any():
            yield piece

    async def aclose(self) -> None:
        """Let go of it. Its connection is kept if all has been read; whoever still reads is told that it was lost."""
        if not self.is_whole:
            self._response.close()
        await self._response.__aexit__(None, None, None)


def was_stale(exc: Exception) -> bool:
    """Whether a request met a kept connection that its server had hung up on: no byte of an answer came.

    A server may close a connection at the very moment in which the next request is written to it.
    """
    if not reused.get() or isinstance(exc, aiohttp.ClientConnectorError):
        return False
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return isinstance(exc.message, str)  # else it holds the beginning of an answer
    return isinstance(exc, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)
