"""Model files on disk: where they are, and fetching one before a provider first needs it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aurarouter_core import install
from aurarouter_core.asset_settings import AssetEntry
from aurarouter_core.downloads import Downloads
from aurarouter_hooks import AssetError, AssetSource, AssetSpec, FetchProgress

OFFLINE = "AURAROUTER_OFFLINE"


def spec_of(entry: AssetEntry) -> AssetSpec:
    """The configuration's words as a spec.

    Raises:
        AssetError: `source` has no scheme, or `file` is more than a file's name.
    """
    scheme, colon, location = entry.source.partition(":")
    if not colon or not scheme or not location:
        raise AssetError(f"asset source '{entry.source}' has no scheme", hint="Write it as scheme:location.")
    if Path(entry.file).name != entry.file or entry.file in ("", ".", ".."):
        raise AssetError(f"asset file '{entry.file}' is not a plain file name", hint="Leave folders out.")
    return AssetSpec(
        scheme=scheme,
        location=location,
        file=entry.file,
        size=entry.size,
        sha256=entry.sha256,
        container_sha256=entry.container_sha256,
        container_size=entry.container_size,
        licence=entry.licence,
    )


def entry_of(spec: AssetSpec) -> dict[str, Any]:
    """A spec as the configuration writes it."""
    said = {
        "source": f"{spec.scheme}:{spec.location}",
        "file": spec.file,
        "size": spec.size,
        "sha256": spec.sha256,
        "container_size": spec.container_size,
        "container_sha256": spec.container_sha256,
        "licence": spec.licence,
    }
    return {name: value for name, value in said.items() if value}


def on_disk(spec: AssetSpec, folder: Path) -> Path | None:
    """The file, when it is there at its full size."""
    if not spec.file:
        return None
    path = folder / spec.file
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return path if spec.size is None or size == spec.size else None


def download_size(spec: AssetSpec) -> str:
    """How much a fetch will download, for people."""
    size = spec.container_size or spec.size
    return f"{size / 1e6:.0f} MB" if size else "an unknown size"


async def fetch(
    model_id: str,
    spec: AssetSpec,
    folder: Path,
    sources: Mapping[str, type[AssetSource]],
    progress: FetchProgress,
    *,
    environ: Mapping[str, str] | None = None,
) -> Path:
    """Fetch the file of a model.

    Raises:
        AssetError: The user forbade downloads, no plugin knows the scheme, another file is in the way, or the source
            failed.
    """
    source = check(model_id, spec, sources, os.environ if environ is None else environ)
    downloads = Downloads(folder)
    there = folder / spec.file
    foreign = await asyncio.to_thread(_is_foreign, there, downloads)
    if spec.file and foreign:
        raise AssetError(
            f"another file lies at {there}, and AuraRouter did not put it there", hint="Move it away, then fetch again."
        )
    path = await source().fetch(spec, folder, progress)
    await asyncio.to_thread(downloads.note, path, spec)
    return path


def check(
    model_id: str, spec: AssetSpec, sources: Mapping[str, type[AssetSource]], environ: Mapping[str, str]
) -> type[AssetSource]:
    """Who would fetch the file; before anything is announced or begun.

    Raises:
        AssetError: The user forbade downloads, or no plugin knows the scheme.
    """
    if _is_offline(environ):
        raise AssetError(
            f"the file of model '{model_id}' ({spec.file}, {download_size(spec)}) is not here, and {OFFLINE} forbids "
            "fetching it",
            hint=f"On a connected day run: env -u {OFFLINE} aurarouter model pull {model_id}",
        )
    source = sources.get(spec.scheme)
    if source is None:
        raise AssetError(
            f"nothing installed can fetch '{spec.scheme}:' assets ({spec.file} of model '{model_id}')",
            hint=install.install_hint("assets"),
        )
    return source


def check_online(what: str) -> None:
    """Make sure that the network may be used at all.

    Raises:
        AssetError: The user forbade it.
    """
    if _is_offline(os.environ):
        raise AssetError(f"{OFFLINE} forbids {what}", hint=f"Run it with: env -u {OFFLINE}")


def _is_foreign(path: Path, downloads: Downloads) -> bool:
    return os.path.lexists(path) and downloads.of(path) is None


def _is_offline(environ: Mapping[str, str]) -> bool:
    return environ.get(OFFLINE, "").strip().lower() not in ("", "0", "false", "no")
