"""Configured models and their providers: made on first use, shared by all tasks, closed at the end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import evolve

from aurarouter_core import assets
from aurarouter_core.asset_settings import Assets
from aurarouter_core.cancelled import told_truly
from aurarouter_core.config import Config, ModelEntry
from aurarouter_core.configured import configured_model
from aurarouter_core.failure_state import FailureState
from aurarouter_core.failure_states import FailureStates, fingerprint
from aurarouter_core.fetching import Sources
from aurarouter_core.footprint import footprint
from aurarouter_core.headers import Headers
from aurarouter_core.home import Home, expanded, private_folder
from aurarouter_core.keys import KeyStore
from aurarouter_core.line import Line
from aurarouter_core.loan import Loan, Taken
from aurarouter_core.loans import OpenProviders, Shelves
from aurarouter_core.memory import Memory
from aurarouter_core.plugins import Plugins
from aurarouter_core.provider_class import provider_class
from aurarouter_core.references import Key, looked_up
from aurarouter_core.resting import Refusal
from aurarouter_core.rotation import Rotation, Turn
from aurarouter_core.store import StateRow
from aurarouter_core.wallet import Wallet
from aurarouter_hooks import (
    AssetSpec,
    AuraRouterError,
    ConfigError,
    FetchProgress,
    Location,
    Model,
    Provider,
    ProviderUnavailableError,
)

log = logging.getLogger(__name__)


class ModelPool:
    """The providers in use. It outlives a reload: a model whose entry stays the same keeps its provider."""

    def __init__(
        self, home: Home, environ: Mapping[str, str] | None = None, states: FailureStates | None = None
    ) -> None:
        self._home = home
        self.states = states or FailureStates()
        self._environ = os.environ if environ is None else environ
        self._kept_keys = KeyStore(home)
        self._config: Config | None = None
        self.headers = Headers()
        self.wallet = Wallet(home.money)
        self.memory = Memory()
        self._open = OpenProviders(self.memory)
        self._shelves = Shelves(self.in_force, self._failure)
        self._fetching: dict[str, asyncio.Lock] = {}
        self._closed = False
        self.locations: dict[str, Location] = {}

    def spec(self, entry: ModelEntry) -> AssetSpec | None:
        """The file that this model can be fetched as."""
        return assets.spec_of(entry.asset) if entry.asset else None

    def file(self, entry: ModelEntry) -> Path | None:
        """The model's file, when it has one and it is here."""
        if entry.model_path:
            path = expanded(entry.model_path)
            return path if path.is_file() else None
        spec = self.spec(entry)
        return assets.on_disk(spec, self._home.models) if spec else None

    def sources(self, plugins: Plugins) -> Sources:
        """What can be fetched with the plugins, as the configuration in force says."""
        settings = self._config.assets if self._config else Assets()
        return Sources.of(plugins.asset_sources, settings, self._home, self._environ)

    def check_fetch(self, model: Model, spec: AssetSpec, plugins: Plugins) -> None:
        """Make sure that a fetch may begin.

        Raises:
            AssetError: The user forbade it, or no plugin can.
        """
        self.sources(plugins).check(model.id, spec)

    async def fetch_missing(self, model: Model, entry: ModelEntry, plugins: Plugins, progress: FetchProgress) -> None:
        """Fetch the model's file when it is missing; one fetch at a time for each file.

        Raises:
            ProviderUnavailableError: The file is neither here nor to be had.
        """
        if entry.asset is None or entry.model_path:
            return
        try:
            spec = assets.spec_of(entry.asset)
            async with self._fetching.setdefault(spec.file, asyncio.Lock()):
                if assets.on_disk(spec, self._home.models) is None:
                    folder = private_folder(self._home.models)
                    await self.sources(plugins).fetch(model.id, spec, folder, progress)
        except AuraRouterError as error:
            raise ProviderUnavailableError(
                str(error), provider=model.provider, model=model.id, hint=error.hint
            ) from error

    def borrow(self, model: Model, entry: ModelEntry, plugins: Plugins, turn: Turn | None = None) -> Loan:
        """The model's provider, for as long as the `async with` block lasts.

        Args:
            model, entry: As the task's snapshot has them.
            plugins: Bring the provider.
            turn: The task's place in the model's keys; None to take any key, for what is no attempt.

        Raises:
            ProviderUnavailableError: It names variables that are not set, no plugin brings its provider, or making
                that failed.
            ProviderAuthError: The key that the configuration names is not there, or all were refused.
            ProviderRateLimitedError: All its keys are left out for now.
        """
        line = None if turn is None else self.line(model, entry)
        return Loan(partial(self._take, model, entry, plugins, turn), self._shelves, self.memory, turn, line)

    def line(self, model: Model, entry: ModelEntry) -> Line:
        """The places of a model, and who waits for one."""
        return self._shelves.find(model, entry).line

    def refusal(self, model: Model, entry: ModelEntry) -> Refusal | None:
        """Why a model, as a task has it, may not be asked now; None when it may."""
        return self._shelves.find(model, entry).failure.refusal

    async def _take(self, model: Model, entry: ModelEntry, plugins: Plugins, turn: Turn | None) -> Taken:
        kind = provider_class(model, entry, plugins)
        path = self.file(entry)
        if path is not None:
            await self.headers.of(path)  # known from now on; a reload meanwhile is over before the shelf is looked for
        while (keys := (shelf := self._shelves.find(model, entry)).keys) is None:
            shelf.found(Rotation(model.id, await looked_up(model.id, entry, self._environ, self._kept_keys)))
        refusal = None if turn is None else shelf.failure.refusal
        if refusal is not None:
            raise refusal.error
        key = keys.spare() if turn is None else keys.next(turn)
        opened = shelf.lend(key, path)
        if opened is None:
            made = self._made(kind, model, key, path)
            opened = shelf.opened[key] = self._open.add(made, path, retired=not shelf.in_force)
            if kind.residency(made.model) is not None:
                opened.tenant = self.memory.tenant(made, self._idle_unload(entry), opened.discard)
        opened.users += 1
        if turn is None:
            return Taken(shelf, key, opened)
        turn.asked = True
        return Taken(shelf, key, opened, shelf.failure.begin())

    def _failure(self, name: str, entry: ModelEntry, in_force: bool) -> FailureState:
        return self.states.of(name, fingerprint(entry, self._environ, self._home.keys_stamp), in_force=in_force)

    def learn(self, rows: Sequence[StateRow], models: Mapping[str, Model], config: Config) -> None:
        """What the store holds of how the models of the configuration in force are."""
        self.states.learn(rows)
        for name in {row.model for row in rows}.intersection(models):
            self._shelves.find(models[name], config.models[name])

    def _idle_unload(self, entry: ModelEntry) -> float | None:
        return self.memory.idle_unload if entry.idle_unload is None else entry.idle_unload

    def with_file(self, kind: type[Provider], model: Model, path: Path | None) -> Model:
        """The model with its file, what that says of itself, and the memory that it will take.

        Raises:
            ConfigError: Its provider can't use one of its options.
        """
        header = self.headers.read(path) if path else None
        model = evolve(model, model_path=path or model.model_path, header=header)
        residency = kind.residency(model)
        return evolve(model, memory=footprint(header, residency)) if header and residency else model

    def _made(self, kind: type[Provider], model: Model, key: Key, path: Path | None) -> Provider:
        if self._closed:
            raise ProviderUnavailableError("the router is closed", provider=model.provider, model=model.id)
        try:
            model = self.with_file(kind, model, path)
            return kind(evolve(model, api_key=key.secret, workdir=self._workdir(model)))
        except ConfigError as error:
            words = "; ".join(map(str, error.problems)) or str(error)
            raise ProviderUnavailableError(
                f"it is configured wrongly ({words})", provider=model.provider, model=model.id, hint=error.hint
            ) from error

    def _workdir(self, model: Model) -> Path | None:
        try:
            return self._home.workdir(model.provider)
        except AuraRouterError as error:
            log.warning("provider '%s' goes without a folder of its own: %s", model.provider, error)
            return None

    async def where(self, model: Model, entry: ModelEntry, plugins: Plugins) -> Location:
        """Where the model runs, asked now; anything that goes wrong counts as unknown, hence remote."""
        try:
            async with self.borrow(model, entry, plugins) as provider, asyncio.timeout(10):
                with told_truly():
                    location = await provider.where()
                if not isinstance(location, Location):
                    raise TypeError(f"where() must give a Location, not {type(location).__name__}")
        except Exception as error:  # noqa: BLE001 - fails closed: whatever happened, the place is unknown
            level = logging.INFO if isinstance(error, AuraRouterError) else logging.WARNING
            log.log(level, "where model '%s' runs could not be found out: %s", model.id, error)
            location = Location()
        if self.in_force(model, entry):
            self.locations[model.id] = location
        return location

    def reopen(self) -> None:
        """Make providers again after a close."""
        self._closed = False
        self.states.reopen()

    def forget(self, config: Config) -> None:
        """This configuration is in force from now on: what belongs to another is closed once its tasks are done.

        Keys are looked up again, and those that were left out count anew.
        """
        self._config = config
        self.memory.follow(config.system)
        changed = self._shelves.renew()
        for name in changed:
            self.locations.pop(name, None)
        self.states.forget(changed)

    def in_force(self, model: Model, entry: ModelEntry) -> bool:
        """New tasks get this model as it is here."""
        if self._config is None:
            return True
        now = self._config.models.get(model.id)
        return now == entry and model == configured_model(model.id, entry, self._config.system.default_timeout)

    async def aclose(self) -> None:
        """Close every provider, and make no new ones; one that fails to close does not keep the others open."""
        self._closed = True
        self._shelves.clear()
        await self._open.aclose()
