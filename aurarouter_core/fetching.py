"""Fetching model files: which plugin's source does it, what that source is told, and whether it may."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import frozen

from aurarouter_core import install
from aurarouter_core.asset_settings import Assets
from aurarouter_core.assets import download_size
from aurarouter_core.downloads import Downloads
from aurarouter_core.home import Home
from aurarouter_core.keys import KeyStore
from aurarouter_core.references import PATIENCE
from aurarouter_hooks import (
    AssetContext,
    AssetError,
    AssetNameError,
    AssetOffer,
    AssetSource,
    AssetSpec,
    FetchProgress,
    Secret,
)

OFFLINE = "AURAROUTER_OFFLINE"


@frozen
class Sources:
    """What can be fetched with the plugins at hand.

    Attributes:
        kinds: The plugins' sources, by scheme.
        context: What each is told when it is made.
        environ: Says whether anything may be fetched at all.
    """

    kinds: Mapping[str, type[AssetSource]]
    context: AssetContext
    environ: Mapping[str, str]

    @classmethod
    def of(
        cls,
        kinds: Mapping[str, type[AssetSource]],
        settings: Assets,
        home: Home,
        environ: Mapping[str, str] | None = None,
    ) -> Sources:
        """Those of one configuration, with the keys of one home."""
        environ = os.environ if environ is None else environ
        key = partial(_key, environ=environ, store=KeyStore(home))
        return cls(kinds, AssetContext(endpoint=settings.endpoint, key=key), environ)

    def kind(self, model_id: str, spec: AssetSpec) -> type[AssetSource]:
        """Who would fetch the file.

        Raises:
            AssetNameError: No plugin knows the scheme.
        """
        source = self.kinds.get(spec.scheme)
        if source is None:
            known = ", ".join(f"{scheme}:" for scheme in sorted(self.kinds))
            raise AssetNameError(
                f"nothing installed can fetch '{spec.scheme}:' assets (model '{model_id}')",
                hint=f"Take one of these: {known}" if known else install.install_hint("assets"),
            )
        return source

    def check(self, model_id: str, spec: AssetSpec) -> AssetSource:
        """Make sure that a fetch may begin, before it is announced; returns who does it.

        Raises:
            AssetError: The user forbade downloads, or no plugin knows the scheme.
        """
        if self._is_offline:
            raise AssetError(
                f"the file of model '{model_id}' ({spec.file}, {download_size(spec)}) is not here, and {OFFLINE} "
                "forbids fetching it",
                hint=f"On a connected day run: env -u {OFFLINE} aurarouter model pull {shlex.quote(model_id)}",
            )
        return self.kind(model_id, spec)(self.context)

    async def fetch(self, model_id: str, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Fetch the file of a model.

        Raises:
            AssetError: The user forbade downloads, no plugin knows the scheme, another file is in the way, or the
                source failed.
        """
        source = self.check(model_id, spec)
        downloads = Downloads(folder)
        there = folder / spec.file
        foreign = await asyncio.to_thread(_is_foreign, there, downloads)
        if spec.file and foreign:
            raise AssetError(
                f"another file lies at {there}, and AuraRouter did not put it there",
                hint="Move it away, then fetch again.",
            )
        path = await source.fetch(spec, folder, progress)
        await asyncio.to_thread(downloads.note, path, spec)
        return path

    async def search(self, words: str, limit: int) -> list[AssetOffer]:
        """What fits the words, of every source that can be searched.

        Raises:
            AssetError: One can't be reached, or downloads are forbidden.
        """
        if not self.kinds:
            raise AssetError("nothing installed can be searched", hint=install.install_hint("assets"))
        if self._is_offline:
            raise AssetError(f"{OFFLINE} forbids a search", hint=f"Run it with: env -u {OFFLINE}")
        found: list[Sequence[AssetOffer]] = [
            await kind(self.context).search(words, limit) for kind in self.kinds.values()
        ]
        return [offer for offers in found for offer in offers]

    @property
    def _is_offline(self) -> bool:
        return self.environ.get(OFFLINE, "").strip().lower() not in ("", "0", "false", "no")


async def _key(name: str, *, environ: Mapping[str, str], store: KeyStore) -> Secret | None:
    """A key of this name: the variable's, else the one that we keep; a keyring may take its time.

    Raises:
        AssetError: It takes too long.
        ConfigError: The keys that we keep can't be read.
    """
    text = environ.get(name, "").strip()
    if text:
        return Secret(text)
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(store.get, name)
    except TimeoutError as error:
        words = f"the system's keyring did not hand out the key '{name}' within {PATIENCE:.0f} s"
        raise AssetError(words, hint="Unlock it.") from error


def _is_foreign(path: Path, downloads: Downloads) -> bool:
    return os.path.lexists(path) and downloads.of(path) is None
