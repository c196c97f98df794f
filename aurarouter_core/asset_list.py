"""Every model file that is known: registered, named by the configuration, or merely lying there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from aurarouter_core import assets
from aurarouter_core.config import ModelEntry
from aurarouter_core.downloads import Downloads
from aurarouter_core.home import Home, expanded
from aurarouter_core.ledger import Record
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot

MOST_SCANNED = 10_000
DEEPEST = 6
"""Folders below a root."""


@frozen(kw_only=True)
class Asset:
    """A model's file.

    Attributes:
        model_id: The model; "" for a file that merely lies there.
        path: Where it is, or should be.
        repo: Where it came from: "local", or its source.
        tags: Words of the user's.
        roles: The roles that name the model.
        registered: It is in the registry.
        configured: The configuration in force has the model, with this file.
        missing: There is no such file.
        downloaded: We downloaded it, so it may be deleted with its model.
        registered_at: Seconds since 1970.
        downloaded_at: Seconds since 1970.
        size_bytes: Of the file; of all its parts, where it comes in parts.
        config: The configuration's file that it was registered in.
        problem: Why it is no usable model file; nothing below is known then.
    """

    model_id: str
    path: Path
    repo: str = "local"
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    registered: bool = False
    configured: bool = False
    missing: bool = False
    downloaded: bool = False
    registered_at: float | None = None
    downloaded_at: float | None = None
    size_bytes: int | None = None
    config: Path | None = None
    problem: str = ""
    architecture: str = ""
    name: str = ""
    quantisation: str = ""
    parameters: int | None = None
    context_length: int | None = None


def listed(
    snapshot: Snapshot,
    pool: ModelPool,
    home: Home,
    records: Sequence[Record],
    downloads: Downloads,
    roots: Sequence[Path],
) -> list[Asset]:
    """The files, those of the configuration in force first.

    Args:
        snapshot: The configuration in force.
        pool: Reads their headers.
        home: Has the folder of models.
        records: The registry.
        downloads: What we downloaded.
        roots: Folders to look into for further files.
    """
    config = str(snapshot.config.path.resolve()) if snapshot.config.path else ""
    known = {record.key: record for record in records}
    found: list[Asset] = []
    for name, entry in snapshot.config.models.items():
        path = _file(entry, home)
        if path is None:
            continue
        record = known.get((config, name))
        if record is not None and record.path == str(path):
            del known[record.key]
        else:
            record = None
        roles = tuple(role for role, chain in snapshot.config.roles.items() if name in chain.models)
        source = entry.asset.source if entry.asset and not entry.model_path else "local"
        found.append(_asset(pool, downloads, name, path, source, entry.tags, record, roles=roles, configured=True))
    found.extend(
        _asset(pool, downloads, record.model_id, Path(record.path), record.repo, record.tags, record)
        for record in known.values()
    )
    seen = {asset.path for asset in found}
    for path in sorted({path for root in roots for path in _scanned(root)} - seen):
        asset = _asset(pool, downloads, "", path, "local", (), None)
        if not asset.problem:
            found.append(asset)
    return found


def _file(entry: ModelEntry, home: Home) -> Path | None:
    if entry.model_path:
        return expanded(entry.model_path)
    return home.models / assets.spec_of(entry.asset).file if entry.asset else None


def _asset(
    pool: ModelPool,
    downloads: Downloads,
    name: str,
    path: Path,
    source: str,
    tags: Sequence[str],
    record: Record | None,
    *,
    roles: tuple[str, ...] = (),
    configured: bool = False,
) -> Asset:
    missing = not path.is_file()
    header = None if missing else pool.headers.read(path)
    download = None if missing else downloads.of(path)
    return Asset(
        model_id=name,
        path=path,
        repo=record.repo if record else source,
        tags=tuple(tags),
        roles=roles,
        registered=record is not None,
        configured=configured,
        missing=missing,
        downloaded=download is not None,
        registered_at=record.registered_at if record else None,
        downloaded_at=download.fetched_at if download else None,
        size_bytes=None if missing else header.file_bytes if header else path.stat().st_size,
        config=Path(record.config) if record else None,
        problem="" if missing or header else pool.headers.problem(path),
        architecture=header.architecture if header else "",
        name=header.name if header else "",
        quantisation=header.quantisation if header else "",
        parameters=header.parameters if header else None,
        context_length=header.context_length if header else None,
    )


def _scanned(root: Path, depth: int = 0) -> Iterator[Path]:
    """GGUF files below a folder; hidden ones, links, and further parts of a model are passed over."""
    try:
        entries = sorted(root.iterdir())[:MOST_SCANNED]
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir() and depth < DEEPEST:
            yield from _scanned(entry, depth + 1)
        elif entry.suffix.lower() == ".gguf" and entry.is_file():
            yield entry
