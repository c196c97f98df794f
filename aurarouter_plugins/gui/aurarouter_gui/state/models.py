"""The models panel: what there is, how each is, where it runs; and what can be done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import evolve, field, frozen

from aurarouter_core import Amendment, Asset, AssetRegistry, Config, Home, Registration, Router, take_out
from aurarouter_gui.state.amending import amended, request_of, taken_up
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.model_form import ModelForm
from aurarouter_gui.state.model_row import ModelRow
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_hooks import Health, Location


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread; `unread` why the models can't be looked at, and None once they can."""

    rows: Callable[[Sequence[ModelRow]], None] = field(default=lambda _: None)
    unread: Callable[[Trouble | None], None] = field(default=lambda _: None)
    done: Callable[[str, Sequence[str]], None] = field(default=lambda *_: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Models:
    """What the models panel shows. Lives on the UI's thread.

    Attributes:
        rows: The models, in the order of the configuration.
        busy: A change is being written.
    """

    def __init__(self, link: Link, listeners: Listeners) -> None:
        self.link = link
        self._told = listeners
        self.rows: Sequence[ModelRow] = ()
        self.busy = False
        self._looking = self._missed = False

    @property
    def providers(self) -> list[str]:
        """What can reach a model here."""
        return sorted(self.link.plugins.providers)

    @property
    def roles(self) -> list[str]:
        """All roles that name a model."""
        return list(dict.fromkeys(role for row in self.rows for role in row.roles))

    def row(self, name: str) -> ModelRow | None:
        """The model of this name."""
        return next((row for row in self.rows if row.name == name), None)

    # Looking

    def refresh(self) -> None:
        """Read the configuration again, then ask how the models are and where they run."""

        def came(rows: Sequence[ModelRow]) -> None:
            known = {row.name: row for row in self.rows}
            self.rows = [
                evolve(row, health=known[row.name].health, location=known[row.name].location)
                if row.name in known and known[row.name].model == row.model
                else row
                for row in rows
            ]
            self._told.unread(None)
            self._told.rows(self.rows)
            self.look()

        self.link.worker.begin(self._read(), came, lambda error: self._told.unread(trouble(error)))

    async def _read(self) -> Sequence[ModelRow]:
        kernel = await self.link.kernel()
        config, models = await self.link.config(), await kernel.models()
        assets = {asset.model_id: asset for asset in await self._assets(config) if asset.configured}
        return [
            ModelRow(
                name=name,
                model=model,
                roles=tuple(role for role, entry in config.roles.items() if name in entry.models),
                asset=assets.get(name),
            )
            for name in config.models
            if (model := models.get(name)) is not None
        ]

    async def _assets(self, config: Config) -> Sequence[Asset]:
        return await AssetRegistry(await self.router(config)).list_assets()

    async def router(self, config: Config | None = None) -> Router:
        """A router on the configuration as it is now, for what happens in this process: it is asked for no answer."""
        now = config if config is not None else await self.link.config()
        return await asyncio.to_thread(partial(Router, now, self.link.plugins, surface="gui"))

    def look(self) -> None:
        """Ask how the models are and where they run; nothing while that is being asked."""
        if self._looking or not self.rows or self.link.worker.loop.is_closed():
            return  # the last letters come when the window is gone already
        self._looking = True

        def came(found: tuple[Mapping[str, Health], Mapping[str, Location]]) -> None:
            self._looking = False
            if self._missed:
                self._missed = False
                self._told.unread(None)
            health, places = found
            self.rows = [
                evolve(row, health=health.get(row.name, row.health), location=places.get(row.name, row.location))
                for row in self.rows
            ]
            self._told.rows(self.rows)

        def lost(error: BaseException) -> None:
            self._looking, self._missed = False, True
            self._told.unread(trouble(error))

        self.link.worker.begin(self._asked(), came, lost)

    async def _asked(self) -> tuple[Mapping[str, Health], Mapping[str, Location]]:
        kernel = await self.link.kernel()
        health, places = await asyncio.gather(kernel.health(), kernel.where())
        return health, places

    # Changing

    def save(
        self,
        form: ModelForm,
        before: ModelForm | None,
        saved: Callable[[], None] = lambda: None,
        failed: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        """Add the model of a form, or change the one that the form began with; whose form it is hears how it ended."""

        def came(done: Amendment) -> None:
            self._done(f"{form.name} is {'changed' if before else 'added'}", done.warnings)
            saved()

        def lost(error: BaseException) -> None:
            self.busy = False
            self._told.rows(self.rows)
            failed(error)

        self._begin()
        work = amended(self.link, lambda layers: form.changes(layers, before))
        self.link.worker.begin(work, came, lost)

    def remove(self, name: str, *, delete_file: bool = False) -> None:
        """Take a model out of the configuration and of its roles."""

        def came(done: Amendment | Registration) -> None:
            self._done(f"{name} is removed", done.warnings)

        self._begin()
        self.link.worker.begin(self._removed(name, delete_file=delete_file), came, self._failed)

    async def _removed(self, name: str, *, delete_file: bool) -> Amendment | Registration:
        done: Amendment | Registration
        if delete_file:
            registry = AssetRegistry(await self.router())
            done = await registry.unregister_asset(name, from_roles=True, delete_file=True)
        else:
            request, home = request_of(self.link), Home.of()
            done = await asyncio.to_thread(partial(take_out, self.link.plugins, request, home, name, from_roles=True))
        await taken_up(self.link)
        return done

    def import_file(self, path: Path, name: str, tags: str = "") -> None:
        """Make a model file of this machine a model. It stays where it is."""

        def came(done: Registration) -> None:
            self._done(f"{done.model_id} is added; no role uses it yet", done.warnings)

        self._begin()
        self.link.worker.begin(self._imported(path, name, tags), came, self._failed)

    async def _imported(self, path: Path, name: str, tags: str) -> Registration:
        registry = AssetRegistry(await self.router())
        done = await registry.register_asset(name, path, tags=tags, confined=False)
        await taken_up(self.link)
        return done

    def _begin(self) -> None:
        self.busy = True

    def _done(self, words: str, warnings: Sequence[str]) -> None:
        self.busy = False
        self._told.done(words, warnings)
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self.busy = False
        self._told.trouble(trouble(error))
