"""Model files as assets: registered for routing at once, listed, and taken out again; no role changes by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from aurarouter_core import chains, registration
from aurarouter_core.amend import Amendment, amend_config, file_to_change
from aurarouter_core.asset_list import Asset, listed
from aurarouter_core.downloads import Downloads
from aurarouter_core.edit import Change, Set
from aurarouter_core.home import Home
from aurarouter_core.layers import Layers
from aurarouter_core.ledger import Ledger, Record
from aurarouter_core.removal import take_out
from aurarouter_core.request import Request
from aurarouter_core.router import Router
from aurarouter_core.sources import LOADS_FILES
from aurarouter_hooks import AssetError, AuraRouterError, ConfigError

log = logging.getLogger(__name__)


@frozen(kw_only=True)
class Registration:
    """What became of a registration, or of its opposite.

    Attributes:
        model_id: The model.
        path: Its file; None when it names none.
        config: The configuration's file that was changed.
        created: That file was not there before.
        deleted: The model's file was deleted.
        in_force: The router that was asked routes by the change already.
        warnings: What to know about the result.
    """

    model_id: str
    path: Path | None
    config: Path
    created: bool = False
    deleted: bool = False
    in_force: bool = True
    warnings: tuple[str, ...] = ()


class AssetRegistry:
    """The model files of this machine. The list and the running configuration's file change together or not at all.

    Args:
        router: Whose configuration is meant; it is reloaded after each change.
        home: The folder of models and of the list; None for the user's own.
    """

    def __init__(self, router: Router, home: Home | None = None) -> None:
        self._router = router
        self._home = home or router.home
        self._ledger = Ledger(self._home.assets)
        self._downloads = Downloads(self._home.models)

    async def register_asset(
        self,
        model_id: str,
        file_path: str | Path,
        repo: str = "local",
        tags: str | Sequence[str] = "",
        *,
        confined: bool = True,
        provider: str = LOADS_FILES,
    ) -> Registration:
        """Make a model file a model that can be routed to at once. It stays where it is and joins no role.

        Args:
            model_id: The model's name; nobody may have it yet.
            file_path: A GGUF file; a relative path begins at the first of `assets.roots`.
            repo: Where it came from, for people.
            tags: Words of the user's, with commas or as a list.
            confined: The file has to lie in one of `assets.roots`. Only a user's own word lets it lie elsewhere.
            provider: What reaches the model.

        Raises:
            AssetError: The id, the tags or the file can't be used.
            ConfigError: The id is taken, or the configuration's file can't be changed.
        """
        request = self._request()
        roots = registration.roots_of(self._router.snapshot.config.assets, self._home)
        name, words = registration.checked_id(model_id), registration.checked_tags(tags)
        origin = registration.checked_repo(repo)

        def work() -> Amendment:
            path = registration.located(file_path, roots, confined=confined)
            registration.header_of(path, roots, confined=confined)
            entry: dict[str, Any] = {"provider": provider, "model_path": str(path)}
            return self._enter(request, name, entry, path, origin, words)

        return await self._in_force(name, await asyncio.to_thread(work))

    def _enter(
        self, request: Request, name: str, entry: Mapping[str, Any], path: Path, repo: str, tags: tuple[str, ...]
    ) -> Amendment:
        """Write a model to the configuration's file and to the list."""
        entry = {**entry, "tags": list(tags)} if tags else entry

        def changes(layers: Layers) -> Sequence[Change]:
            if name in (layers.settings.get("models") or {}):
                raise ConfigError(
                    f"a model is called '{name}' already",
                    hint=f"Take another id, or remove that model first: aurarouter model remove {name}",
                )
            return [*chains.kept_defaults(layers), Set(("models", name), entry)]

        record = Record(
            model_id=name,
            config=str(file_to_change(request).path.resolve()),
            path=str(path),
            repo=repo,
            tags=tags,
            registered_at=time.time(),
        )
        with self._ledger.together(record):
            return amend_config(self._router.plugins, request, changes)

    async def enter_fetched(
        self, model_id: str, entry: Mapping[str, Any], path: Path, tags: str | Sequence[str] = ""
    ) -> Registration:
        """Make a file that was fetched a model that can be routed to at once. It joins no role.

        Args:
            model_id: The model's name; nobody may have it yet.
            entry: Its provider and its `asset`, as the configuration writes them.
            path: Its file, in the folder of models.
            tags: Words of the user's, with commas or as a list.

        Raises:
            AssetError: The id or the tags can't be used, or the file is no GGUF file.
            ConfigError: The id is taken, or the configuration's file can't be changed.
        """
        request, name = self._request(), registration.checked_id(model_id)
        words = registration.checked_tags(tags)

        def work() -> Amendment:
            registration.header_of(path, (), confined=False)
            return self._enter(request, name, entry, path, str(entry["asset"]["source"]), words)

        return await self._in_force(name, await asyncio.to_thread(work))

    async def unregister_asset(
        self, model_id: str, *, from_roles: bool = False, delete_file: bool = False
    ) -> Registration:
        """Take a model out of the configuration's file, and out of the list.

        Args:
            model_id: The model.
            from_roles: Take it out of its roles too.
            delete_file: Delete its file, if we downloaded it and no other model has it.

        Raises:
            UnknownModelError: Nobody knows the model.
            AssetError: Its file may not be deleted.
            ConfigError: It serves roles, doesn't stand in the configuration's file, or that can't be changed.
        """
        request = self._request()
        path = self.deletable(model_id) if delete_file else self.file_of(model_id)
        change = partial(take_out, self._router.plugins, request, self._home, model_id, from_roles=from_roles)
        done = await self._in_force(model_id, await asyncio.to_thread(change))
        if delete_file and path is not None:
            await asyncio.to_thread(self._downloads.delete, path)
        return evolve(done, path=path, deleted=delete_file)

    def file_of(self, model_id: str) -> Path | None:
        """The file of a configured model, if it is here."""
        entry = self._router.snapshot.config.models.get(model_id)
        return self._router.pool.file(entry) if entry is not None else None

    def deletable(self, model_id: str) -> Path:
        """The file of a model, which may be deleted with it: we downloaded it, and no other model has it.

        Raises:
            AssetError: It may not.
        """
        path = self.file_of(model_id)
        if path is None:
            raise AssetError(f"the model '{model_id}' has no file here", hint="Remove the model without its file.")
        if self._downloads.of(path) is None:
            raise AssetError(
                f"{path} was not downloaded by AuraRouter, which deletes no other files",
                hint="Remove the model without its file.",
            )
        others = [one.model_id for one in self._assets() if one.path == path and not self._is_same(one, model_id)]
        if others:
            raise AssetError(
                f"{path} is the file of {', '.join(others)} too", hint="Remove the model without its file."
            )
        return path

    @staticmethod
    def _is_same(asset: Asset, model_id: str) -> bool:
        return asset.configured and asset.model_id == model_id

    async def list_assets(self, *, scan: bool = False) -> list[Asset]:
        """Every model file that is known: of models that were registered, and of those that the configuration names.

        Args:
            scan: List files that lie in the roots, too, if nobody has registered them.

        Raises:
            AssetError: The list can't be read.
        """
        return await asyncio.to_thread(self._assets, scan)

    def _assets(self, scan: bool = False) -> list[Asset]:
        snapshot, pool = self._router.snapshot, self._router.pool
        roots = registration.roots_of(snapshot.config.assets, self._home) if scan else []
        return listed(snapshot, pool, self._home, self._ledger.records(), self._downloads, roots)

    def _request(self) -> Request:
        request = self._router.snapshot.config.request
        if request is None or request.settings is not None:
            raise ConfigError(
                "this configuration was put together by a program, so no file can be changed with it",
                hint="Make it with load_config() from a file.",
            )
        return request

    async def _in_force(self, name: str, amendment: Amendment) -> Registration:
        warnings = list(amendment.warnings)
        try:
            await self._router.reload()
        except AuraRouterError as error:  # the change was looked over, so something else has come between
            log.warning("the change of '%s' is written, and not in force yet: %s", name, error)
            warnings.append(f"it is written, and not in force yet: {error}")
        entry = self._router.snapshot.config.models.get(name)
        return Registration(
            model_id=name,
            path=self._router.pool.file(entry) if entry else None,
            config=amendment.file,
            created=amendment.created,
            in_force=self._router.problem is None,
            warnings=tuple(warnings),
        )
