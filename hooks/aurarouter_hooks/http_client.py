"""Makes the HTTP client of a backend: it keeps connections, and tells when a request met one that was closed."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient
from httpx_aiohttp.transport import map_aiohttp_exceptions

from aurarouter_hooks.errors import ProviderUnavailableError
from aurarouter_hooks.http_unpacking import ACCEPTED, packing, unpacked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

IDLE = 4.0  # seconds; common servers hang up after 5, and a request must not meet that

# Whom this task's last request called: nobody, where it got a connection that was kept.
_called: ContextVar[list[aiohttp.AddrInfoType]] = ContextVar("called")


def open_client(headers: Mapping[str, str], url: httpx.URL, *, private: bool, fresh: bool) -> Client:
    """A client for one endpoint.

    Args:
        headers: Sent with every request.
        url: The endpoint; its user and password are sent, too.
        private: Use no proxy, and nothing else of the environment's.
        fresh: Give each request a connection of its own.

    Raises:
        ProviderUnavailableError: The environment names a proxy that can't be used.
    """
    kind = _FreshClient if fresh else Client
    try:
        return kind(
            headers={"User-Agent": "aurarouter", "Accept-Encoding": ACCEPTED, **headers, **_login(url)},
            limits=httpx.Limits(max_connections=0, keepalive_expiry=IDLE),  # 0: the executor does the limiting
            verify=_trusted() if url.scheme == "https" else _nobody(),
            trust_env=not private,
        )
    except ValueError as exc:
        raise ProviderUnavailableError(
            "the proxy that the environment names cannot be used", hint="Check HTTP_PROXY and ALL_PROXY."
        ) from exc


def was_stale(exc: Exception) -> bool:
    """Whether a request met a kept connection that its server had hung up on: no byte of an answer came.

    A server may close a connection at the very moment in which the next request is written to it.
    """
    cause = exc.__cause__
    if _called.get() or isinstance(cause, aiohttp.ClientConnectorError):
        return False
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return isinstance(cause.message, str)  # else it holds the beginning of an answer
    return isinstance(cause, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)


class _Transport(AiohttpTransport):
    """Requests over aiohttp, with as little as possible between the two."""

    fresh = False

    def get_client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.limits.max_connections or 0,
            ssl=self.ssl_context,
            socket_factory=_new_socket,
            **({"force_close": True} if self.fresh else {"keepalive_timeout": self.limits.keepalive_expiry}),
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request whose content is known, and give its answer once that has begun."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
        patience, name = request.extensions["timeout"], request.extensions.get("sni_hostname")
        answer = await self.ask(request.method, str(request.url), headers, request.content, patience, name)
        answer.request = request
        return answer

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        patience: Mapping[str, float | None],
        name: str | None,
    ) -> httpx.Response:
        """The same for a request in parts; `patience` as httpx has it, `name` is TLS's."""
        if not isinstance(self.client, aiohttp.ClientSession):
            self.client = self.get_client()
        _called.set([])
        try:
            answer = await self.client.request(
                method,
                url,
                headers=headers,
                data=content or None,
                allow_redirects=False,
                auto_decompress=False,
                timeout=_timeout(patience["pool"], patience["connect"], patience["read"]),
                server_hostname=name,
                proxy=str(self.proxy.url) if self.proxy else None,
                proxy_headers=self.proxy.headers if self.proxy else None,
            )
        except Exception:
            with map_aiohttp_exceptions():
                raise
        phrase = {"reason_phrase": answer.reason.encode()} if answer.reason else {}
        return _Answer(answer.status, headers=answer.raw_headers, stream=_Body(answer), extensions=phrase)


class _FreshTransport(_Transport):
    fresh = True


class _Answer(httpx.Response):
    """A response that hands on what comes; httpx passes each piece through four generators."""

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The body, with what it was packed in taken off."""
        if chunk_size is not None or not isinstance(self.stream, _Body):
            return super().aiter_bytes(chunk_size)
        packed = packing(self.headers.get("content-encoding", ""))
        return unpacked(self.stream, packed, httpx.DecodingError) if packed else self.stream


class _Body(httpx.AsyncByteStream):
    """The body of an answer, in the pieces in which it comes."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    @property
    def is_over(self) -> bool:
        """All of it has come, and was read."""
        return self._answer.content.at_eof()

    async def __anext__(self) -> bytes:
        try:
            piece = await self._answer.content.readany()
        except Exception:
            with map_aiohttp_exceptions():
                raise
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Let go of the connection: others use it, if all was read."""
        with map_aiohttp_exceptions():
            self._answer.release()
            await self._answer.wait_for_close()


class _NoCookies(httpx.Cookies):
    """A cookie would tell a backend which prompts come from the same user; and each answer was searched for some."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""

    def set_cookie_header(self, request: httpx.Request) -> None:
        """Send none."""


class Client(HttpxAiohttpClient):
    """httpx's own choice of proxies, over our transport."""

    over: type[_Transport] = _Transport

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._cookies = _NoCookies()

    async def begin(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes,
        patience: Mapping[str, float | None],
        name: str,
    ) -> httpx.Response:
        """Send a request, and nothing after it: `send` looks for what may follow. The arguments are `ask`'s."""
        transport = self._transport_for_url(url)
        if not isinstance(transport, _Transport):
            raise TypeError(f"{type(transport).__name__} is no transport of ours")
        return await transport.ask(method, str(url), headers, content, patience, name)

    def _init_transport(self, *_: Any, **settings: Any) -> httpx.AsyncBaseTransport:
        settings.pop("transport")
        return self.over(**settings)

    def _init_proxy_transport(self, proxy: httpx.Proxy, *_: Any, **settings: Any) -> httpx.AsyncBaseTransport:
        if proxy.raw_auth:  # as a header, which aiohttp renames and puts where this kind of proxy looks
            proxy = httpx.Proxy(proxy.url, headers={**proxy.headers, **_basic(*proxy.raw_auth)})
        return self.over(proxy=proxy, **{**settings, "verify": _trusted()})  # the proxy itself may speak TLS


class _FreshClient(Client):
    over = _FreshTransport


def _login(url: httpx.URL) -> dict[str, str]:
    return _basic(url.username.encode(), url.password.encode()) if url.userinfo else {}


def _basic(*words: bytes) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(b':'.join(words)).decode()}"}


def _new_socket(called: aiohttp.AddrInfoType) -> socket.socket:
    _called.get().append(called)  # the same list in the tasks that try several addresses at once
    family, kind, protocol, _, _ = called
    return socket.socket(family, kind, protocol)


@lru_cache(maxsize=64)
def _timeout(pool: float | None, connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=pool, sock_connect=connect, sock_read=read)


@lru_cache(maxsize=1)
def _nobody() -> ssl.SSLContext:
    """For an endpoint that speaks no TLS: trusts nobody, and needs not read whom to trust, which takes 2 MB."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _trusted() -> ssl.SSLContext:
    return _tls(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@lru_cache(maxsize=4)
def _tls(file: str, folder: str) -> ssl.SSLContext:
    """Trust is read from disk once, not for each model; both variables are httpx's own."""
    return httpx.create_ssl_context()
