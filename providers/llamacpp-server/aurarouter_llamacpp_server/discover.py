"""Finds llama.cpp servers on this machine, at the ports where they are usually started."""

from __future__ import annotations

import asyncio

from aurarouter_hooks import Model, ProviderError, Timeouts
from aurarouter_hooks.http import Backend
from aurarouter_llamacpp_server.facts import Facts
from aurarouter_llamacpp_server.owned import PLAIN

PORTS = (8080, 8081, 8091)
PATIENCE = 2.0  # seconds for all of them together


async def servers() -> list[Model]:
    """A model for each server that answers, as it would be configured. No key is offered to whoever listens there."""
    found = await asyncio.gather(*(_at(port) for port in PORTS))
    return [model for model in found if model]


async def _at(port: int) -> Model | None:
    url = f"http://127.0.0.1:{port}"
    limits = Timeouts(connect=PATIENCE, total=PATIENCE)
    backend = Backend(Model(id="", provider="llamacpp-server", timeouts=limits), url, {})
    try:
        async with asyncio.timeout(PATIENCE):
            props, _ = await backend.fetch("GET", "/props", prompt=PLAIN)
    except (ProviderError, TimeoutError):
        return None  # nobody, or somebody else
    finally:
        await backend.aclose()
    name = Facts.of(props).model
    if not name or "default_generation_settings" not in props:
        return None
    return Model(id=name.removesuffix(".gguf"), provider="llamacpp-server", model_name=name, endpoint=url)
