"""What can be asked of a router at work: its models, how they are, where they run, and what was used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from aurarouter_core import health
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Store
from aurarouter_hooks import Health, Location, Model


class Insight:
    """The questions of surfaces; the shared engine answers the same."""

    pool: ModelPool
    store: Store

    @property
    def snapshot(self) -> Snapshot:
        """The state that new tasks run on."""
        raise NotImplementedError

    async def health(self) -> Mapping[str, Health]:
        """How each model is."""
        return await health.check(self.snapshot, self.pool)

    async def where(self) -> Mapping[str, Location]:
        """Where each model runs, asked now."""
        snapshot = self.snapshot
        models, entries = snapshot.models, snapshot.config.models
        asked = (self.pool.where(model, entries[name], snapshot.plugins) for name, model in models.items())
        return dict(zip(models, await asyncio.gather(*asked), strict=True))

    async def excuse(self, model: str) -> None:
        """Forget why a model may not be asked: somebody wants it asked all the same."""
        self.pool.states.excuse(model)

    async def models(self) -> Mapping[str, Model]:
        """The configured models by id, without their keys."""
        return {name: evolve(model, api_key=None) for name, model in self.snapshot.models.items()}

    async def intents(self) -> Sequence[str]:
        """Names of the kinds of task that are told apart."""
        return sorted(self.snapshot.intents)

    async def usage(self, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """What was used, as `Store.usage` sums it."""
        return await asyncio.to_thread(self.store.usage, by)
