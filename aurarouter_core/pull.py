"""Getting a model is one call: find out which file is meant, fetch it, verify it, and make it a model."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from aurarouter_core import assets
from aurarouter_core.downloads import Downloads
from aurarouter_core.fetching import Sources
from aurarouter_core.home import private_folder
from aurarouter_core.registration import checked_id, checked_tags
from aurarouter_core.registry import AssetRegistry, Registration
from aurarouter_core.router import Router
from aurarouter_core.shown import masked
from aurarouter_core.sources import LOADS_FILES
from aurarouter_hooks import (
    AssetError,
    AssetNameError,
    AssetSpec,
    ConfigError,
    FetchProgress,
    UnknownModelError,
)

SHOWN = 20


@frozen(kw_only=True)
class Wanted:
    """A file to fetch, and the model that it is for.

    Attributes:
        configured: The configuration has that model already.
    """

    model_id: str
    spec: AssetSpec
    configured: bool = False


def catalogue(router: Router) -> dict[str, AssetSpec]:
    """Every file that can be asked for by name: the plugins', and those of the configuration, which win."""
    found: dict[str, AssetSpec] = {}
    for source in router.plugins.asset_sources.values():
        found.update(source.catalogue())
    found.update({name: assets.spec_of(entry) for name, entry in router.snapshot.config.assets.catalogue.items()})
    return dict(sorted(found.items()))


async def wanted(router: Router, what: str, model_id: str = "") -> Wanted:
    """Which file somebody means.

    Args:
        router: Has the configuration and the plugins.
        what: A configured model that names an `asset`, a name of the catalogue, or `scheme:location`.
        model_id: What the model is to be called; "" for a name made of what the file is called.

    Raises:
        UnknownModelError: Nothing has that name.
        AssetError: There is no such file.
        AssetNameError: It can't be a file's name, or there are several of that name.
        ConfigError: The id is taken.
    """
    config = router.snapshot.config
    entry = config.models.get(what)
    if entry is not None and entry.asset is not None and model_id in ("", what):
        return Wanted(model_id=what, spec=assets.spec_of(entry.asset), configured=True)
    known = catalogue(router)
    if what in known:
        name, spec = model_id or what, known[what]
    elif ":" in what:
        spec = await _meant(router.pool.sources(router.plugins), what)
        name = model_id or (Path(spec.file).stem if spec.file else spec.location.partition("=")[0])
    else:
        if entry is not None:
            words = f"the model '{what}' names no 'asset:' to fetch"
            raise AssetNameError(words, hint="What it needs is where its provider runs.")
        raise UnknownModelError(what, sorted({*config.models, *known}))
    taken = config.models.get(checked_id(name))
    if taken is not None:
        same = taken.asset is not None and taken.asset.source == f"{spec.scheme}:{spec.location}"
        if not same or (spec.file and taken.asset and taken.asset.file != spec.file):
            raise ConfigError(
                f"a model is called '{name}' already", hint="Give this one another id; on the command line with --id."
            )
        return Wanted(model_id=name, spec=assets.spec_of(taken.asset) if taken.asset else spec, configured=True)
    return Wanted(model_id=name, spec=spec)


async def _meant(sources: Sources, what: str) -> AssetSpec:
    scheme, _, location = what.partition(":")
    if scheme in ("http", "https"):
        raise AssetNameError(
            f"'{masked(what.partition('?')[0])}' can't be fetched just so: URLs come from the configuration only",
            hint="Download it yourself, then: aurarouter model import FILE",
        )
    found = await sources.check(what, AssetSpec(scheme=scheme, location=location, file="")).files(location)
    if len(found) != 1:
        choices = [f"{one.scheme}:{one.location} ({assets.download_size(one)})" for one in found[:SHOWN]]
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        if not found:
            raise AssetError(f"'{what}' holds no model files", hint="Look for another: aurarouter model search WORDS")
        raise AssetNameError(
            f"'{what}' holds {len(found)} model files, and one has to be chosen",
            hint="Choose one: " + ", ".join([*choices, *more]),
        )
    return found[0]


async def fetch_model(
    router: Router, goal: Wanted, progress: FetchProgress, tags: str | Sequence[str] = ""
) -> Registration:
    """Fetch a file, if it isn't here, and make it a model that joins no role.

    Raises:
        AssetError: It can't be fetched, is not what was asked for, or is no GGUF file.
        ConfigError: The configuration's file can't be changed.
    """
    checked_tags(tags)
    folder = private_folder(router.home.models)
    path, spec = assets.on_disk(goal.spec, folder), goal.spec
    if path is None:
        path = await router.pool.sources(router.plugins).fetch(goal.model_id, spec, folder, progress)
    digest = await asyncio.to_thread(_digest, path)
    if spec.sha256 and digest != spec.sha256.lower():
        raise AssetError(
            f"{path} is not the file that was asked for: its SHA-256 differs", hint="Move it away and pull again."
        )
    if goal.configured:
        return Registration(model_id=goal.model_id, path=path, config=router.snapshot.config.path or router.home.config)
    spec = evolve(spec, file=path.name, size=path.stat().st_size, sha256=digest)
    entry = {"provider": LOADS_FILES, "asset": assets.entry_of(spec)}
    try:
        done = await AssetRegistry(router).enter_fetched(goal.model_id, entry, path, tags)
    except AssetError:  # no model file: it would only lie there
        if Downloads(folder).of(path) is not None:
            Downloads(folder).delete(path)
        raise
    return evolve(done, path=path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
