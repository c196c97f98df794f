"""The one place that makes an HTTP client: kept alive, never redirected, and pinned for private prompts."""

from __future__ import annotations

import ipaddress
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from aurarouter_hooks import http_errors
from aurarouter_hooks.errors import ProviderAuthError, ProviderReplyError, ProviderUnavailableError
from aurarouter_hooks.http_documents import decode, encode, read
from aurarouter_hooks.http_events import read_events
from aurarouter_hooks.location import resolve

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    import httpx
    from httpx_sse import ServerSentEvent

    from aurarouter_hooks.http_client import Client
    from aurarouter_hooks.values import Model, Prompt

__all__ = ["Backend", "resolve"]

REPLY_LIMIT = 64 * 2**20  # bytes of a whole answer
ERROR_LIMIT = 64 * 2**10  # bytes of an error's body


class Backend:
    """The HTTP side of one model. Cheap to make; the first request opens, `aclose` closes.

    Redirects are never followed. A private prompt goes through a client of its own, without proxies, and straight to
    an address of `prompt.location`: its URL holds that address, so there is no name left to resolve, while the Host
    header and the TLS name stay the endpoint's.

    Nothing is sent twice, but for a request that met a kept connection at the moment in which the server closed it:
    it goes out once more, on a new connection. Not a byte of an answer had come, so nobody saw anything of it; and
    what our backends are asked for changes nothing there. At worst one answer is calculated in vain, which is what
    asking the next model instead would cost, too.

    Args:
        model: Its timeouts and its key, which is masked in every message.
        endpoint: The URL that paths are added to. A query is kept.
        headers: Sent with every request; the key belongs here.

    Attributes:
        origin: What messages may show of the endpoint.
    """

    def __init__(self, model: Model, endpoint: str, headers: Mapping[str, str]) -> None:
        self._model = model
        self._endpoint = endpoint
        self.origin = http_errors.origin(endpoint)
        self._headers = dict(headers)
        # Private or not, fresh or kept → the client, and what it says of itself in each request.
        self._clients: dict[tuple[bool, bool], tuple[Client, Mapping[str, str]]] = {}
        self._open: set[httpx.Response] = set()
        self._targets: dict[str, _Target] = {}  # each path of the API, parsed once

    @asynccontextmanager
    async def send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        prompt: Prompt | None = None,
        patience: float | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """The answer, once it has begun and is a success. Errors while its body is read are translated too.

        Args:
            body: What to send as JSON; None for nothing.
            prompt: Says whether the request is private, and carries the trace context.
            patience: Seconds of silence to bear; None for the model's total, which the executor cuts short anyway.

        Raises:
            ProviderError: No answer came, or not a success.
        """
        import aiohttp
        import httpx

        started = time.monotonic()
        try:
            response = await self._begin(method, path, body, prompt, patience)
            self._open.add(response)
            try:
                if not response.is_success:
                    page = await read(response, ERROR_LIMIT)
                    key = self._model.api_key
                    raise http_errors.from_status(response.status_code, response.headers, page, self._endpoint, key)
                yield response
            finally:
                self._open.discard(response)
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as exc:
            raise http_errors.from_exception(exc, self._endpoint, time.monotonic() - started) from exc

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        prompt: Prompt | None = None,
        patience: float | None = None,
    ) -> tuple[dict[str, Any], str]:
        """The JSON object of a whole answer and its `x-request-id`. Arguments and errors are those of `send`."""
        async with self.send(method, path, body=body, prompt=prompt, patience=patience) as response:
            page = await read(response, REPLY_LIMIT + 1)
        if len(page) > REPLY_LIMIT:
            raise ProviderReplyError(f"{self.origin} sent more than {REPLY_LIMIT >> 20} MiB as one answer")
        return self.document(page), response.headers.get("x-request-id", "")

    def events(self, response: httpx.Response, last: str = "") -> AsyncGenerator[ServerSentEvent]:
        """The server-sent events of an answer; `last` and errors are those of `http_events.read_events`."""
        return read_events(response, self.origin, last)

    def document(self, text: str | bytes, event: str = "") -> dict[str, Any]:
        """A JSON object that the backend sent.

        Args:
            text: How it came.
            event: The kind of event that it came as: "error" is one, whatever it looks like.

        Raises:
            ProviderError: It is an error object.
            ProviderReplyError: It isn't a JSON object.
        """
        return decode(text, event, self._endpoint, self.origin, self._model.api_key)

    async def aclose(self) -> None:
        """Close every connection; safe to call again. Whoever still reads an answer is told that it was lost."""
        for response in tuple(self._open):
            await response.aclose()
        while self._clients:
            _, (client, _) = self._clients.popitem()
            await client.aclose()

    async def _begin(
        self, method: str, path: str, body: object, prompt: Prompt | None, patience: float | None
    ) -> httpx.Response:
        import aiohttp
        import httpx

        from aurarouter_hooks.http_client import was_stale

        private = prompt is not None and prompt.private
        target = self._targets.get(path) or self._target(path)
        headers = {"Host": target.host}
        if prompt is not None and prompt.trace_context:
            headers.update(prompt.trace_context.headers(self._endpoint, private=private))
        content = b"" if body is None else encode(body)
        if content:
            headers["Content-Type"] = "application/json"
        limits = self._model.timeouts
        silence = min((seconds for seconds in (patience, limits.total) if seconds is not None), default=None)
        clocks = {"pool": None, "connect": limits.connect, "read": silence, "write": None}

        async def once(url: httpx.URL, *, fresh: bool) -> httpx.Response:
            client, always = self._client(private, fresh)
            return await client.begin(method, url, {**always, **headers}, content, clocks, target.name)

        async def ask(url: httpx.URL) -> httpx.Response:
            try:
                return await once(url, fresh=False)
            except httpx.TransportError as exc:
                if not was_stale(exc):
                    raise
            return await once(url, fresh=True)

        if prompt is None or not prompt.private:
            return await ask(target.url)
        refused: Exception | None = None
        for address in prompt.location.addresses if prompt.location else ():
            try:
                return await ask(target.url.copy_with(host=str(ipaddress.ip_address(address))))
            except httpx.TransportError as exc:
                if not isinstance(exc.__cause__, aiohttp.ClientConnectorError):
                    raise
                refused = exc  # not connected, so nothing was sent
        if refused:
            raise refused
        raise ProviderUnavailableError(
            f"a private prompt may not go to {self.origin}: none of its addresses was checked",
            hint="Check that the endpoint's name resolves.",
        )

    def _target(self, path: str) -> _Target:
        import httpx

        base = httpx.URL(self._endpoint).copy_with(userinfo=b"")
        url = base.copy_with(path=base.path.rstrip("/") + path)
        made = self._targets[path] = _Target(url, url.netloc.decode("ascii"), url.raw_host.decode("ascii"))
        return made

    def _client(self, private: bool, fresh: bool) -> tuple[Client, Mapping[str, str]]:
        if (private, fresh) not in self._clients:
            import httpx

            from aurarouter_hooks.http_client import open_client

            if not all(value.isascii() and value.isprintable() for value in self._headers.values()):
                raise ProviderAuthError(
                    f"the key for {self.origin} holds characters that no HTTP header can carry",
                    hint="Check the model's api_key for line ends and stray quotes.",
                )
            url = httpx.URL(self._endpoint)
            client = open_client(self._headers, url, private=private, fresh=fresh)
            self._clients[private, fresh] = client, dict(client.headers)
        return self._clients[private, fresh]


class _Target(NamedTuple):
    """Where requests for one path go, and the name that their Host header and TLS hold."""

    url: httpx.URL
    host: str
    name: str
