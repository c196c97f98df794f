"""Model files as the configuration names them, and as they lie on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aurarouter_core.asset_settings import AssetEntry
from aurarouter_hooks import AssetError, AssetSpec


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
