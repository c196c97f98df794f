"""The table of many synonyms between starts: in the cache folder, named by what it was made of, checked when read."""

from __future__ import annotations

import sys
from collections.abc import Collection
from contextlib import suppress

from aurarouter_core import remembered
from aurarouter_hooks.errors import ConfigError

MANY = 2_000
"""Fewer synonyms are made ready sooner than their table is read."""
KEPT = 4
"""Tables that are kept, of as many configurations."""


def name_of(synonyms: Collection[str], maker: str) -> str:
    """The file of these synonyms' table, as this very module would make it; empty when they are too few, or odd."""
    if len(synonyms) < MANY:
        return ""
    text = "\0".join(synonyms)
    if text.count("\0") >= len(synonyms):  # one with a NUL in it, so two lists could give the same text
        return ""
    import hashlib  # takes longer than all else here, and few have so many synonyms

    made_of = hashlib.sha256(f"{maker} {remembered.changed(maker)} {sys.version}".encode())
    made_of.update(text.encode("utf-8", "surrogatepass"))
    return f"synonyms-{made_of.hexdigest()[:32]}.table"


def recall(name: str) -> memoryview | None:
    """The table that was kept; None when there is none, or not as it was written."""
    data = memoryview(remembered.read(name) or b"")
    return data[4:] if data and data[:4] == _checksum(data[4:]) else None


def remember(name: str, table: bytes) -> None:
    """Keep a table for the next start, and only the newest others; a home that can't be written to keeps none."""
    from aurarouter_core.home import Home

    remembered.write(name, _checksum(table) + table)
    with suppress(OSError, ConfigError):  # another process deletes them, too; or there is no such place
        tables = sorted(Home.of().cache.glob("synonyms-*.table"), key=lambda path: -path.stat().st_mtime_ns)
        for old in tables[KEPT:]:
            old.unlink()


def _checksum(table: bytes | memoryview) -> bytes:
    import zlib

    return zlib.crc32(table).to_bytes(4, "big")
