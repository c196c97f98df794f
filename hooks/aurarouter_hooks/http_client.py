"""Makes the HTTP client of a backend: it keeps connections, and tells when a request met one that was closed."""

from __future__ import annotations

import base64
import os
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient

from aurarouter_hooks.errors import ProviderUnavailableError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

IDLE = 4.0  # seconds; common servers hang up after 5, and a request must not meet that

_reused: ContextVar[bool] = ContextVar("reused", default=False)  # the connection of this task's last request


def open_client(headers: Mapping[str, str], url: httpx.URL, *, private: bool, fresh: bool) -> httpx.AsyncClient:
    """A client for one endpoint.

    Args:
        headers: Sent with every request.
        url: The endpoint; its user and password are sent, too.
        private: Use no proxy, and nothing else of the environment's.
        fresh: Give each request a connection of its own.

    Raises:
        ProviderUnavailableError: The environment names a proxy that can't be used.
    """
    kind = _FreshClient if fresh else _Client
    try:
        return kind(
            headers={"User-Agent": "aurarouter", **headers},
            auth=(url.username, url.password) if url.userinfo else None,
            limits=httpx.Limits(max_connections=0, keepalive_expiry=IDLE),  # 0: the executor does the limiting
            verify=_tls(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")),
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
    if not _reused.get() or isinstance(cause, aiohttp.ClientConnectorError):
        return False
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return isinstance(cause.message, str)  # else it holds the beginning of an answer
    return isinstance(cause, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)


class _Transport(AiohttpTransport):
    fresh = False

    def get_client(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.limits.max_connections or 0,
            ssl=self.ssl_context,
            **({"force_close": True} if self.fresh else {"keepalive_timeout": self.limits.keepalive_expiry}),
        )
        no_cookies = aiohttp.DummyCookieJar()
        return aiohttp.ClientSession(connector=connector, cookie_jar=no_cookies, trace_configs=[_tracing()])


class _FreshTransport(_Transport):
    fresh = True


class _NoCookies(httpx.Cookies):
    """A cookie would tell a backend which prompts come from the same user; and each answer was searched for some."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep none."""

    def set_cookie_header(self, request: httpx.Request) -> None:
        """Send none."""


class _Client(HttpxAiohttpClient):
    """httpx's own choice of proxies, over our transport."""

    over: type[_Transport] = _Transport

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._cookies = _NoCookies()

    def _init_transport(self, *_: Any, **settings: Any) -> httpx.AsyncBaseTransport:
        settings.pop("transport")
        return self.over(**settings)

    def _init_proxy_transport(self, proxy: httpx.Proxy, *_: Any, **settings: Any) -> httpx.AsyncBaseTransport:
        if proxy.raw_auth:  # as a header, which aiohttp renames and puts where this kind of proxy looks
            word = base64.b64encode(b":".join(proxy.raw_auth)).decode()
            proxy = httpx.Proxy(proxy.url, headers={**proxy.headers, "Authorization": f"Basic {word}"})
        return self.over(proxy=proxy, **settings)


class _FreshClient(_Client):
    over = _FreshTransport


def _tracing() -> aiohttp.TraceConfig:
    """Notes in the task's own context which kind of connection its request got."""

    async def begun(*_: object) -> None:
        _reused.set(False)

    async def reused(*_: object) -> None:
        _reused.set(True)

    config = aiohttp.TraceConfig()
    config.on_request_start.append(begun)
    config.on_connection_reuseconn.append(reused)
    return config


@lru_cache(maxsize=4)
def _tls(file: str, folder: str) -> ssl.SSLContext:
    """Trust is read from disk once, not for each model; both variables are httpx's own."""
    return httpx.create_ssl_context()
