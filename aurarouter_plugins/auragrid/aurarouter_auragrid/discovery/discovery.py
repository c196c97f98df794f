"""What Ollama, llama.cpp and servers of the OpenAI dialect on this machine have, as models of this node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_core import Router
from aurarouter_core.offers import Offer, offers
from aurarouter_hooks import AuraRouterError, Provider

log = logging.getLogger(__name__)
LAYER = "discovery"
PROVIDERS = ("llamacpp-server", "ollama", "openapi")
"""Those that look for servers on this machine. Others reach services, which are configured on purpose."""
LOOK = 15.0
"""Seconds between two looks."""


@frozen
class _Looking:
    """The providers that are asked, in the place of all plugins."""

    providers: Mapping[str, type[Provider]]


class Discovery:
    """Keeps a layer of settings with the models that were found; the file's own models are never touched.

    Args:
        router: Works with them like with any other model: its rules, its failure states, its traces.

    Attributes:
        found: Model id → provider.
        places: Model id → host:port of its server.
    """

    def __init__(self, router: Router) -> None:
        self._router = router
        self._entries: Mapping[str, Any] = {}
        self.found: Mapping[str, str] = {}
        self.places: Mapping[str, str] = {}

    async def follow(self) -> None:
        """Look again and again, without end."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Ask now, and offer what there is. What can't be taken is logged, and the rest stays as it was."""
        kinds = self._router.plugins.providers
        asked = _Looking({name: kinds[name] for name in PROVIDERS if name in kinds})
        told = await offers(asked)  # type: ignore[arg-type]  # of the plugins, it asks for their providers alone
        entries = self._entries_of(offer for offer in told.found if offer.here or offer.near)
        if entries == self._entries:
            return
        try:
            await self._router.set_layer(LAYER, {"models": entries})
        except AuraRouterError as error:
            log.warning("what was found on this machine is not offered: %s", error)
            return
        self._entries = entries
        self.found = {name: entry["provider"] for name, entry in entries.items()}
        self.places = {name: _place(entry["endpoint"]) for name, entry in entries.items()}
        log.info("found on this machine: %s", ", ".join(sorted(entries)) or "no models")

    def _entries_of(self, found: Iterable[Offer]) -> dict[str, Any]:
        """Those that the configuration does not have already, under any name."""
        models = self._router.snapshot.models
        own = {name: model for name, model in models.items() if name not in self._entries}
        known = {(_place(model.endpoint), model.name) for model in own.values()}
        entries = {}
        for offer in found:
            model = offer.model
            if model.id not in own and (_place(model.endpoint), model.name) not in known:
                entry = {"provider": model.provider, "model_name": model.name, "endpoint": model.endpoint}
                entries[model.id] = entry
        return entries


def _place(endpoint: str) -> str:
    """Host and port, by which a server of this machine is known again."""
    parts = urlsplit(endpoint)
    return parts.netloc.replace("localhost", "127.0.0.1")
