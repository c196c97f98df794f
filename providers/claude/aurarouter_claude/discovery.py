"""Finds the models that a key in the environment may use. It does without the SDK, whose import alone takes longer."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from aurarouter_claude.access import VENDOR, access
from aurarouter_claude.client import http_client, load
from aurarouter_hooks import Model, ProviderAuthError, ProviderUnavailableError

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for the whole question
VERSION = "2026-10-21"
FEW = 5


async def discovered() -> tuple[Model, ...]:
    """The newest model of each line, as it would be configured; nothing when there is no key or no answer in time."""
    await load("httpx2")
    import httpx2

    try:
        found = access(Model(id="claude", provider="claude"))
    except ProviderAuthError:
        return ()
    headers = {"Authorization": f"Bearer {found.key.reveal() if found.key else ''}", "anthropic-version": VERSION}
    try:
        async with asyncio.timeout(PATIENCE), http_client(private=False) as client:
            response = await client.get(f"{found.url}/v1/models", params={"limit": 100}, headers=headers)
            names = [*_newest(response.json()["data"])] if response.is_success else []
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ProviderUnavailableError) as exc:
        log.debug("Anthropic's models could not be listed: %s", type(exc).__name__)
        return ()
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        log.debug("Anthropic's list of models cannot be read: %s", type(exc).__name__)
        return ()
    endpoint = "" if found.url == VENDOR else found.url
    return tuple(Model(id=name, provider="claude", model_name=name, endpoint=endpoint) for name in names[:FEW])


def _newest(entries: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """The list begins with the newest; models on their way out are passed over."""
    seen: set[str] = set()
    for entry in entries:
        line = entry.get("line") or entry["id"]
        if entry.get("lifecycle", "active") == "active" and line not in seen:
            seen.add(line)
            yield str(entry["id"])
