"""Finds servers of the OpenAI API on this machine, and the models that a key in the environment reaches."""

import asyncio
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_hooks import Model, Prompt, ProviderError, Secret
from aurarouter_hooks.http import Backend, resolve

log = logging.getLogger(__name__)
PORTS = (8080, 8000, 1234, 4000, 5000, 8081)
"""llama-server, vLLM, LM Studio, LiteLLM, text-generation-webui, and llama-server's second."""
PATIENCE = 2.0  # seconds for all of them together
KEY, BASE = "OPENAI_API_KEY", "OPENAI_BASE_URL"  # the variables of OpenAI's own clients
VENDOR = "https://api.openai.com/v1"
FEW = 3  # of the vendor's many models, the newest
NO_CHAT = re.compile(
    r"embed|rerank|whisper|tts|transcribe|speech|audio|realtime|moderation|image|dall-e|\*", re.IGNORECASE
)
VENDORS_CHAT = re.compile(r"gpt-[\w.-]+|o\d+(-mini)?")
OTHERS = re.compile(r"\d{4}$|-\d{4}-\d\d-\d\d$|-(pro|codex|search|instruct|deep-research|oss)\b")
"""Dated twins of a model, and models that answer elsewhere than at /chat/completions."""


@frozen
class Place:
    """Where to ask. A server that is not named by the user is offered no key."""

    url: str
    keyed: bool = False


async def discovered() -> Sequence[Model]:
    """The models that answer within a second, as they would be configured; names come from the servers alone."""
    places = [*(Place(f"http://127.0.0.1:{port}/v1") for port in PORTS), *_named()]
    found: dict[str, Model] = {}
    for place, names in zip(places, await asyncio.gather(*map(_offered, places)), strict=True):
        for name in names:
            wanted = name.rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf")
            number = 1
            while (ours := wanted if number == 1 else f"{wanted}-{number}") in found:
                number += 1
            key = Secret(f"${{env.{KEY}}}") if place.keyed else None
            found[ours] = Model(id=ours, provider="openapi", model_name=name, endpoint=place.url, api_key=key)
    return tuple(found.values())


def _named() -> Iterator[Place]:
    """What the environment names: a key for the vendor, or for another address."""
    url = os.environ.get(BASE, "").strip() or VENDOR
    parts = urlsplit(url)
    if not os.environ.get(KEY, "").strip():
        return
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query:
        log.debug("%s is no plain address, so nothing is looked for there", BASE)
        return
    yield Place(url.rstrip("/"), keyed=True)


async def _offered(place: Place) -> Sequence[str]:
    """The chat models of a server; none when it doesn't list them in time. This machine is never asked by proxy."""
    key = os.environ[KEY].strip() if place.keyed else ""
    asked = Model(id="", provider="openapi", endpoint=place.url, api_key=Secret(key) if key else None)
    backend = Backend(asked, place.url, {"Authorization": f"Bearer {key}"} if key else {})
    try:
        async with asyncio.timeout(PATIENCE):
            location = await resolve(place.url)
            straight = Prompt(messages=(), private=location.kind == "loopback", location=location)
            answer, _ = await backend.fetch("GET", "/models", prompt=straight)
    except (ProviderError, TimeoutError) as exc:
        log.debug("no models of the OpenAI API were found: %s", exc)
        return ()
    finally:
        await backend.aclose()
    entries = [*_entries(answer)]
    return _newest(entries) if place.url == VENDOR else [name for name, _ in entries]


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """(name, when it was made) of what chats, as far as names tell. A list of another shape has none."""
    listed = answer.get("data")
    for entry in listed if isinstance(listed, list) else ():
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and name and name.isprintable() and not NO_CHAT.search(name):
            made = entry.get("created")
            yield name, made if isinstance(made, int | float) else 0.0


def _newest(entries: Iterable[tuple[str, float]]) -> Sequence[str]:
    fitting = [(made, name) for name, made in entries if VENDORS_CHAT.fullmatch(name) and not OTHERS.search(name)]
    return [name for _, name in sorted(fitting, reverse=True)[:FEW]]
