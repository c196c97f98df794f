"""How a model is on its server: there at all, in memory, loading, and whether the way to it is safe."""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve

from aurarouter_hooks import (
    Health,
    ProviderError,
    ProviderReplyError,
)
from aurarouter_hooks.http import resolve
from aurarouter_hooks.http_errors import health_of
from aurarouter_ollama import place
from aurarouter_ollama.servers import Servers

GLANCE = 4.0  # seconds of silence to bear from a server that is only asked how it is


async def show(servers: Servers, name: str) -> Mapping[str, Any]:
    """What /api/show says of a model.

    Raises:
        ProviderError: The server has no such model, or couldn't be asked.
    """
    shown, _ = await servers.fetch("POST", "/api/show", body={"model": name}, patience=GLANCE)
    return shown


async def loaded(servers: Servers, name: str) -> bool:
    """Whether /api/ps lists the model as in memory.

    Raises:
        ProviderError: The server couldn't be asked, or answered something else.
    """
    running, _ = await servers.fetch("GET", "/api/ps", patience=GLANCE)
    return any(same(name, entry) for entry in listed(running))


def listed(answer: Mapping[str, Any]) -> list[str]:
    """The names in an answer of /api/tags or /api/ps.

    Raises:
        ProviderReplyError: It is no such answer.
    """
    try:
        return [str(entry.get("model") or entry["name"]) for entry in answer["models"]]
    except (AttributeError, KeyError, TypeError) as exc:
        raise ProviderReplyError(
            "the server's list of models can't be read", hint="Check that the endpoint is an Ollama server."
        ) from exc


def same(one: str, other: str) -> bool:
    """Whether two names mean one model: Ollama minds no case, and takes a missing tag as `latest`."""

    def whole(name: str) -> str:
        name = name.strip().casefold()
        return name if ":" in name.rpartition("/")[2] else f"{name}:latest"

    return whole(one) == whole(other)


def ill(error: ProviderError) -> Health:
    """What an error says about the model's health."""
    found = health_of(error)
    return evolve(found, state="misconfigured") if "ollama pull" in error.hint else found


async def well(servers: Servers, name: str, shown: Mapping[str, Any], waiting: bool) -> Health:
    """How a model is that its server knows. One that runs elsewhere is never in this server's memory.

    Raises:
        ProviderError: The server couldn't be asked.
    """
    detail, hint = await _way(servers.endpoints[0])
    if place.passed_on_by_name(name) or place.passed_on(shown) or await loaded(servers, name):
        return Health(state="healthy", detail=detail, hint=hint)
    return Health(state="loading" if waiting else "cold", detail=detail, hint=hint)


async def _way(endpoint: str) -> tuple[str, str]:
    """What is wrong with the way to a server, and what to do; nothing inside private networks and under TLS."""
    if urlsplit(endpoint).scheme == "https":
        return "", ""
    found = await resolve(endpoint)
    if not any(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found.addresses):
        return "", ""
    return (
        f"{found.host} is not in a private network, and nothing protects what is sent to it",
        "Ollama knows neither TLS nor keys: put a proxy with both before it, or reach it through a VPN.",
    )
