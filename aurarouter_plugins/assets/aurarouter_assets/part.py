"""A file on its way: one process writes it, it is gone on with, and it gets its name once it is verified."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aurarouter_assets.refusals import differs
from aurarouter_hooks import AssetError, AssetSpec

PARTS = ".parts"


@contextmanager
def held(part: Path, spec: AssetSpec) -> Iterator[IO[bytes]]:
    """The part, open for appending; no other process writes it meanwhile."""
    with part.open("ab") as file:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine = part.stat().st_ino == os.fstat(file.fileno()).st_ino
            except (BlockingIOError, FileNotFoundError):  # somebody has it, or has just finished it
                mine = False
            if not mine:
                raise AssetError(f"another process is fetching {spec.file}", hint="Wait until it is done.")
        yield file


def verify(part: Path, spec: AssetSpec) -> None:
    """Delete a part that is whole and not what the spec says.

    Raises:
        AssetError: It was.
    """
    if spec.sha256 and _digest(part) != spec.sha256.lower():
        part.with_suffix(".json").unlink(missing_ok=True)
        part.unlink()
        raise differs(spec, "its SHA-256 differs")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def published(part: Path, target: Path) -> Path:
    """The part under its own name, for good."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    part.with_suffix(".json").unlink(missing_ok=True)
    if os.name == "posix":  # the rename itself must survive a power cut
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return target


def tag_of(part: Path) -> str:
    """The strong ETag of the part's bytes; "" when they can't be gone on with."""
    try:
        tag = json.loads(part.with_suffix(".json").read_bytes())["etag"]
    except (OSError, ValueError, KeyError, TypeError):  # none, or half a note: the file is fetched anew
        return ""
    return tag if isinstance(tag, str) and tag.startswith('"') else ""


def note(part: Path, tag: str) -> None:
    """Remember the ETag of the bytes that follow."""
    part.with_suffix(".json").write_text(json.dumps({"etag": tag}))
