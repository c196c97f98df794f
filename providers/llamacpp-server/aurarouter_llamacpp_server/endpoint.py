"""A server that somebody else runs: its address, its key, how it is, and where."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
from typing import Protocol
from urllib.parse import urlsplit

from attrs import evolve

from aurarouter_hooks import (
    ConfigError,
    Health,
    Location,
    Model,
    Prompt,
    ProviderError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_hooks.endpoints import fault
from aurarouter_hooks.http import Backend, resolve
from aurarouter_hooks.http_errors import health_of
from aurarouter_llamacpp_server.facts import Facts

log = logging.getLogger(__name__)

SLOTS_LIMIT = 2**20  # bytes of the list of slots
GLANCE = 10.0  # seconds of silence to bear from a server that is only asked how it is


class Server(Protocol):
    """What the provider needs of a server, whoever runs it."""

    facts: Facts | None

    async def backend(self) -> Backend:
        """Where to send requests; may have to start it first.

        Raises:
            ProviderError: There is no such place now.
        """

    def addressed(self, prompt: Prompt) -> Prompt:
        """The prompt with what the way to the server asks for."""

    async def explained(self, error: ProviderError, backend: Backend) -> ProviderError:
        """An error that a request met, or a better one in its place."""

    async def health(self) -> Health:
        """How it is now."""

    async def where(self) -> Location:
        """Where it is now."""

    async def stop(self) -> None:
        """Let go of it. Using it again is allowed."""


class Endpoint:
    """A configured server.

    Raises:
        ConfigError: The endpoint is no HTTP address.
    """

    def __init__(self, model: Model) -> None:
        if wrong := fault(model.endpoint):
            raise ConfigError(
                "the model has no usable endpoint",
                problems=[f"models.{model.id}.endpoint: {wrong}"],
                hint="Write the address of the server, as http://127.0.0.1:8080.",
            )
        self._url = model.endpoint.rstrip("/").removesuffix("/v1")
        self._backend = backend_of(model, self._url, _key(model))
        self.facts: Facts | None = None

    async def backend(self) -> Backend:
        """Always the same."""
        return self._backend

    def addressed(self, prompt: Prompt) -> Prompt:
        """As it is."""
        return prompt

    async def explained(self, error: ProviderError, backend: Backend) -> ProviderError:
        """The same error. A server that was away may come back with another model, so its facts are asked again."""
        if isinstance(error, ProviderUnavailableError):
            self.facts = None
        return error

    async def health(self) -> Health:
        """What the server says."""
        return await health_at(self._backend, None)

    async def where(self) -> Location:
        """Where its name points now. What answers there may pass the prompt on, so it is a relay."""
        return evolve(await resolve(self._url), relay=True)

    async def stop(self) -> None:
        """Close every connection."""
        await self._backend.aclose()


def _key(model: Model) -> str:
    """The model's own; else what llama-server itself reads, so only for a server on this machine."""
    if model.api_key:
        return model.api_key.reveal().strip()
    try:
        host = urlsplit(model.endpoint).hostname or ""
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False  # a name; or no address at all, which the first request tells
    return os.environ.get("LLAMA_API_KEY", "").strip() if here else ""


def backend_of(model: Model, url: str, key: str) -> Backend:
    """A client of the server at this address, with its key in place of the model's own."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Backend(evolve(model, api_key=Secret(key) if key else None), url, headers)


async def facts_of(backend: Backend, prompt: Prompt | None) -> Facts:
    """What the server says of itself; nothing when it doesn't know the question.

    Raises:
        ProviderError: It can't be reached, refuses the key, or still loads.
    """
    try:
        return Facts.of((await backend.fetch("GET", "/props", prompt=prompt, patience=GLANCE))[0])
    except ProviderReplyError:
        return Facts()


async def health_at(backend: Backend, prompt: Prompt | None) -> Health:
    """What `/health` says, whether the key is right, which `/health` doesn't look at, and how busy the server is."""
    try:
        await backend.fetch("GET", "/health", prompt=prompt, patience=GLANCE)
        await facts_of(backend, prompt)
        return Health(state="healthy", detail=await _slots(backend, prompt))
    except ProviderError as exc:
        return health_of(exc)


async def _slots(backend: Backend, prompt: Prompt | None) -> str:
    """How many prompts it is answering, in words; nothing from a server that doesn't show its slots, or all idle."""
    page = b""
    try:
        async with backend.send("GET", "/slots", prompt=prompt, patience=GLANCE) as response:
            async for piece in response.aiter_bytes():
                page += piece
                if len(page) > SLOTS_LIMIT:
                    return ""
        busy = [slot["is_processing"] is True for slot in json.loads(page)]
    except (ProviderReplyError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as exc:
        log.debug("%s does not show its slots: %s", backend.origin, type(exc).__name__)
        return ""
    return f"{sum(busy)} of {len(busy)} slots are answering" if any(busy) else ""
