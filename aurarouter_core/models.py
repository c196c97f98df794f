"""Configured models and their providers: made on first use, shared by all tasks, closed at the end."""

from __future__ import annotations

import asyncio
import difflib
import logging
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define, evolve

from aurarouter_core import assets
from aurarouter_core.config import Config, ModelEntry
from aurarouter_core.home import Home, expanded, private_folder
from aurarouter_core.plugins import Plugins
from aurarouter_hooks import (
    AssetSpec,
    AuraRouterError,
    Capabilities,
    ConfigError,
    FetchProgress,
    Location,
    Model,
    Price,
    Provider,
    ProviderAuthError,
    ProviderUnavailableError,
    Secret,
    Timeouts,
)

log = logging.getLogger(__name__)
PLACEHOLDERS = ("YOUR_", "<", "sk-...", "changeme")


def configured(config: Config) -> dict[str, Model]:
    """Every model of a configuration as a value; keys are left out until a provider needs one."""
    return {name: _value(name, entry, config.system.default_timeout) for name, entry in config.models.items()}


def _value(name: str, entry: ModelEntry, default_timeout: float) -> Model:
    price = entry.price and Price(
        input=entry.price.input, output=entry.price.output, cached_input=entry.price.cached_input
    )
    return Model(
        id=name,
        provider=entry.provider,
        model_name=entry.model_name,
        endpoint=entry.endpoint,
        model_path=expanded(entry.model_path) if entry.model_path else None,
        tags=frozenset(entry.tags),
        parameters=entry.parameters,
        options=entry.options,
        timeouts=Timeouts(total=entry.timeout or default_timeout, first_token=entry.first_token_timeout),
        capabilities=Capabilities(
            names=None if entry.capabilities is None else frozenset(entry.capabilities),
            context_length=entry.context_length,
        ),
        price=price or None,
    )


def key_of(name: str, entry: ModelEntry, environ: Mapping[str, str]) -> Secret | None:
    """The key that the configuration names; None when it names none, so that the provider looks for its own.

    Raises:
        ProviderAuthError: It names a variable that is not set.
    """
    variable = entry.env_key
    text = entry.api_key.reveal().strip() if entry.api_key else ""
    if not variable and text.startswith("${env.") and text.endswith("}"):
        variable = text[len("${env.") : -1]
    if variable:
        if not environ.get(variable):
            raise ProviderAuthError(
                f"models.{name}: the environment variable {variable} is not set",
                provider=entry.provider,
                model=name,
                hint=f"Set {variable} to the key, or take the model out of its roles.",
            )
        text = environ[variable].strip()
    return None if not text or text.startswith(PLACEHOLDERS) else Secret(text)


@define(eq=False)
class _Open:
    """A provider that was made, and how many tasks use it now."""

    model: Model
    entry: ModelEntry
    path: Path | None
    provider: Provider
    users: int = 0
    retired: bool = False


class ModelPool:
    """The providers in use. It outlives a reload: a model whose entry stays the same keeps its provider."""

    def __init__(self, home: Home, environ: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._environ = os.environ if environ is None else environ
        self._open: dict[str, _Open] = {}
        self._fetching: dict[str, asyncio.Lock] = {}
        self._closing: set[asyncio.Future[None]] = set()
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

    def check_fetch(self, model: Model, spec: AssetSpec, plugins: Plugins) -> None:
        """Make sure that a fetch may begin.

        Raises:
            AssetError: The user forbade it, or no plugin can.
        """
        assets.check(model.id, spec, plugins.asset_sources, self._environ)

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
                    await assets.fetch(model.id, spec, folder, plugins.asset_sources, progress, environ=self._environ)
        except AuraRouterError as error:
            raise ProviderUnavailableError(
                str(error), provider=model.provider, model=model.id, hint=error.hint
            ) from error

    @asynccontextmanager
    async def borrow(self, model: Model, entry: ModelEntry, plugins: Plugins) -> AsyncIterator[Provider]:
        """The model's provider, for as long as the block lasts.

        Raises:
            ProviderUnavailableError: No plugin brings the model's provider, or making it failed.
            ProviderAuthError: The key that the configuration names is not set.
        """
        held = self._held(model, entry, plugins)
        held.users += 1
        try:
            yield held.provider
        finally:
            held.users -= 1
            if held.retired and not held.users:
                await _close(held)

    def _held(self, model: Model, entry: ModelEntry, plugins: Plugins) -> _Open:
        held = self._open.get(model.id)
        path = self.file(entry)
        if held is not None and held.entry == entry and held.model == model and held.path == path:
            return held
        if self._closed:
            raise ProviderUnavailableError("the router is closed", provider=model.provider, model=model.id)
        kind = plugins.providers.get(model.provider)
        if kind is None:
            raise ProviderUnavailableError(
                missing_provider(model.provider, plugins), provider=model.provider, model=model.id
            )
        key = key_of(model.id, entry, self._environ)
        file = path or model.model_path
        try:
            made = kind(evolve(model, model_path=file, api_key=key, workdir=self._workdir(model)))
        except ConfigError as error:
            words = "; ".join(error.problems) or str(error)
            raise ProviderUnavailableError(
                f"it is configured wrongly ({words})", provider=model.provider, model=model.id, hint=error.hint
            ) from error
        if held is not None:
            held.retired = True
            self.locations.pop(model.id, None)
            if not held.users:
                closing = asyncio.ensure_future(_close(held))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
        self._open[model.id] = held = _Open(model, entry, path, made)
        return held

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
                location = await provider.where()
        except Exception as error:  # noqa: BLE001 - fails closed: whatever happened, the place is unknown
            log.log(
                logging.INFO if isinstance(error, AuraRouterError) else logging.WARNING,
                "where model '%s' runs could not be found out: %s",
                model.id,
                error,
            )
            location = Location()
        self.locations[model.id] = location
        return location

    def reopen(self) -> None:
        """Make providers again after a close."""
        self._closed = False

    def forget(self, models: Iterable[str]) -> None:
        """These models' entries have changed: where they ran before says nothing any more."""
        for name in models:
            self.locations.pop(name, None)

    async def aclose(self) -> None:
        """Close every provider, and make no new ones; one that fails to close does not keep the others open."""
        self._closed = True
        await asyncio.gather(*self._closing, *(_close(held) for held in self._open.values()))
        self._open.clear()


async def _close(held: _Open) -> None:
    try:
        await held.provider.aclose()
    except Exception as error:
        log.warning("%r did not close cleanly: %s", held.provider, error, exc_info=error)


def missing_provider(name: str, plugins: Plugins) -> str:
    """Says that no plugin brings a provider, and which ones are there."""
    there = ", ".join(sorted(plugins.providers)) or "none"
    close = difflib.get_close_matches(name, plugins.providers, n=1)
    meant = f"; did you mean '{close[0]}'?" if close else ""
    return f"no installed plugin brings the provider '{name}' (installed: {there}{meant})"
