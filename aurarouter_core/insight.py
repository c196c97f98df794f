"""What can be asked of a router at work: its settings, its models, how they are, where they run, what was used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from aurarouter_core import health
from aurarouter_core.in_force import settings_in_force
from aurarouter_core.live import LiveSnapshot
from aurarouter_core.loading import read_layers
from aurarouter_core.models import ModelPool
from aurarouter_core.plain import plain
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Store
from aurarouter_hooks import AuraRouterError, Constraint, Health, Location, Model


class Insight:
    """The questions of surfaces; the shared engine answers the same."""

    plugins: Plugins
    pool: ModelPool
    store: Store
    _live: LiveSnapshot

    @property
    def snapshot(self) -> Snapshot:
        """The state that new tasks run on."""
        return self._live.current

    @property
    def problem(self) -> AuraRouterError | None:
        """Why the last change of the configuration was refused; None when the latest is in force."""
        return self._live.problem

    def settings(self, section: str) -> Any:
        """The configuration section of that name as the class that its plugin registered."""
        return self.snapshot.config.sections[section]

    async def section(self, name: str) -> Mapping[str, Any]:
        """The same as plain data, secrets masked."""
        section: Mapping[str, Any] = plain(self.settings(name))
        return section

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

    async def roles(self) -> Sequence[str]:
        """Names of the roles."""
        return [*self.snapshot.config.roles]

    async def limits_of(self, app: str) -> Constraint:
        """What an app may use."""
        return self.snapshot.limits_of(app)

    async def ready(self) -> bool:
        """Whether any model may be asked now."""
        refused = self.pool.states.refusals()
        return any(name not in refused for name in self.snapshot.models)

    async def usage(self, by: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """What was used, as `Store.usage` sums it."""
        return await asyncio.to_thread(self.store.usage, by)

    async def traces(self, count: int, app: str | None = None) -> Sequence[Mapping[str, Any]]:
        """The newest traces as plain data, newest first; only those of an app, if it is named."""
        return await asyncio.to_thread(self.store.latest, count, app=app)

    async def configuration(self) -> Mapping[str, Any]:
        """The settings as the files now have them, secrets masked, references as they are written.

        Raises:
            ConfigError: They can't be read.
        """
        request = self.snapshot.config.request or Request()
        settings: Mapping[str, Any] = settings_in_force(await asyncio.to_thread(read_layers, self.plugins, request))
        return settings
