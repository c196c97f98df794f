"""The SDK's client: no retries, no redirects, no detour that the environment asks for, pinned for private prompts."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from aurarouter_google import errors
from aurarouter_google.settings import key_of
from aurarouter_hooks import ProviderUnavailableError
from aurarouter_hooks.http_errors import origin
from aurarouter_hooks.imports import imported

if TYPE_CHECKING:
    import httpx2
    from google.genai import Client
    from google.genai.models import AsyncModels
    from google.genai.types import GenerateContentResponse, HttpOptions

    from aurarouter_google.settings import Settings
    from aurarouter_hooks import EmbedRequest, Model, Prompt, Secret

T = TypeVar("T")
Use = Callable[["AsyncModels", Any], Awaitable[T]]
"""Asks the SDK for something. The `HttpOptions` belong into the request's config: they say where it goes."""

_opened: ContextVar[list[httpx2.Response]] = ContextVar("opened")  # what this task's stream must close


class Connection:
    """The way to one model. Cheap to make; the first request imports the SDK and opens, `aclose` closes."""

    def __init__(self, model: Model, settings: Settings) -> None:
        self._model = model
        self._settings = settings
        self._loaded = False
        self._clients: dict[bool, tuple[Client, httpx2.AsyncClient, httpx2.Client]] = {}  # private or not → client

    @property
    def place(self) -> str:
        """What messages may show of the endpoint."""
        return origin(self._settings.endpoint)

    async def load(self) -> None:
        """Import the SDK, which takes a second or more, away from the event loop.

        Raises:
            ProviderUnavailableError: It is not installed.
        """
        if self._loaded:
            return
        try:
            await imported("aurarouter_google.transport")
        except ImportError as exc:
            raise ProviderUnavailableError(
                f"Google's SDK cannot be imported: {exc}", hint="Install it with `pip install 'google-genai>=3,<4'`."
            ) from exc
        self._loaded = True

    async def ask(self, use: Use[T], request: Prompt | EmbedRequest | None = None, patience: float = 0) -> T:
        """What `use` brings back.

        Args:
            request: Says whether it is private, and carries the trace context.
            patience: Seconds of silence to bear; 0 for the model's total.

        Raises:
            ProviderError: It could not be asked, or did not answer well.
        """
        key = key_of(self._model, self._settings.endpoint)
        await self.load()
        from google.genai.types import HttpOptions
        from httpx2 import ConnectError, ConnectTimeout

        with self._translated(key):
            models = self._client(key, private=request is not None and request.private).aio.models
            refused: Exception | None = None
            for base, headers in self._ways(request):
                try:
                    options = HttpOptions(base_url=base, headers=headers, timeout=int(patience * 1000) or None)
                    return await use(models, options)
                except (ConnectError, ConnectTimeout) as exc:
                    refused = exc  # not connected, so nothing was sent
            if refused:
                raise refused
        raise ProviderUnavailableError(
            f"a private prompt may not go to {self.place}: none of its addresses was checked",
            hint="Check that the endpoint's name resolves.",
        )

    @asynccontextmanager
    async def stream(self, begin: Use[Any], request: Prompt) -> AsyncIterator[AsyncIterator[GenerateContentResponse]]:
        """The pieces of an answer. The SDK leaves a connection to the garbage collector; here it closes at once."""
        opened: list[httpx2.Response] = []

        async def first(models: AsyncModels, options: HttpOptions) -> tuple[Any, GenerateContentResponse | None]:
            token = _opened.set(opened)
            try:
                pieces = await begin(models, options)
                return pieces, await anext(pieces, None)
            finally:
                _opened.reset(token)

        async def each(pieces: Any, piece: GenerateContentResponse | None) -> AsyncIterator[GenerateContentResponse]:
            while piece is not None:
                yield piece
                with self._translated(key):
                    piece = await anext(pieces, None)

        key = key_of(self._model, self._settings.endpoint)
        try:
            yield each(*await self.ask(first, request))
        finally:
            for response in opened:
                await response.aclose()

    async def aclose(self) -> None:
        """Close every connection; safe to call again."""
        while self._clients:
            _, (_, wire, unused) = self._clients.popitem()
            await wire.aclose()
            unused.close()

    def _client(self, key: Secret, *, private: bool) -> Client:
        if private not in self._clients:
            from aurarouter_google.transport import open_client

            try:
                self._clients[private] = open_client(
                    self._settings, key, self._model.timeouts, _opened, private=private
                )
            except (ImportError, ValueError) as exc:
                raise ProviderUnavailableError(
                    "a proxy or an HTTP library that the environment names cannot be used",
                    hint="Check HTTP_PROXY, ALL_PROXY and GOOGLE_GENAI_HTTP_CLIENT.",
                ) from exc
        return self._clients[private][0]  # the SDK closes a client that nobody holds

    def _ways(self, request: Prompt | EmbedRequest | None) -> Iterator[tuple[str, dict[str, str]]]:
        """Base URLs to try, each with its headers: for a private prompt the addresses that were checked."""
        headers: dict[str, str] = {}
        if request is not None and request.trace_context:
            headers = request.trace_context.headers(self._settings.endpoint, private=request.private)
        if request is None or not request.private:
            yield self._settings.endpoint, headers
            return
        url = urlsplit(self._settings.endpoint)
        port = f":{url.port}" if url.port else ""
        for text in request.location.addresses if request.location else ():
            address = ipaddress.ip_address(text)
            there = f"[{address}]{port}" if address.version == 6 else f"{address}{port}"
            yield url._replace(netloc=there).geturl(), {**headers, "Host": url.netloc}

    @contextmanager
    def _translated(self, key: Secret) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except Exception as exc:
            error = errors.translate(exc, self._settings.endpoint, key, time.monotonic() - started)
            if error is None:
                raise
            raise error from errors.cause(exc, key)
