"""Room on a disk, and what to say of a file of ours that can't be used: whether it is for want of room."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from aurarouter_core.amounts import written
from aurarouter_hooks import AuraRouterError

MOVE = "Move the file away; a new one is made when needed."
CHECK = "Check the permissions of the file and its folder, and the disk."
LITTLE = 2**20
"""Bytes. With fewer left, SQLite fails in ways that don't name the full disk ("disk I/O error")."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
# SQLite's result codes, whose names Python has in the module that is imported late.
SQLITE_READONLY, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_NOTADB = 8, 10, 11, 13, 14, 26
DAMAGED = frozenset({SQLITE_CORRUPT, SQLITE_NOTADB})
AMBIGUOUS = frozenset({SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN})


def shortage(folder: Path) -> str:
    """How little room there is for files in a folder; "" where there is enough, or nobody can tell."""
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        status = os.statvfs(there)
    except (OSError, StopIteration, AttributeError):  # a system without statvfs
        return ""
    if status.f_files and not status.f_favail:
        return f"no further file fits at {folder}"
    free = status.f_bavail * status.f_frsize
    return f"{written(free)} are free at {folder}" if free < LITTLE else ""


def unusable(what: str, path: Path, error: Exception, otherwise: str = CHECK) -> AuraRouterError:
    """The error for a file of ours that can't be used.

    Args:
        what: Begins the message: "… can't be read".
        path: The file. Where the disk is full nobody is told to move it: what it holds is needed.
        error: SQLite's or the system's.
        otherwise: The hint where there is room, and the file is not damaged.
    """
    said = (isinstance(error, OSError) and error.strerror) or str(error)
    code = sqlite_code(error)
    number = error.errno if isinstance(error, OSError) else None
    short = shortage(path.parent)
    if code == SQLITE_FULL or number in FULL or (code in AMBIGUOUS and short):
        return AuraRouterError(
            f"{what}: the disk is full ({said})", hint=f"Make room: {short or f'too little is free at {path.parent}'}."
        )
    if code in DAMAGED:
        return AuraRouterError(f"{what}: {said}", hint=MOVE)
    return AuraRouterError(f"{what}: {said}", hint=otherwise)


def sqlite_code(error: Exception) -> int | None:
    """SQLite's primary result code; None for an error of somebody else."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
