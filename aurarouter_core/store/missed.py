"""Marks beside the store's file: on that day a configuration was in use that could not be written into it.

A mark is an empty file, so that a full disk has room for it, too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

NAME = re.compile(r"(\d{4}-\d\d-\d\d)-([0-9a-f]+)")


def mark(store: Path, day: str, configuration: str) -> None:
    """Leave a mark.

    Args:
        day: In UTC.
        configuration: Its hash.

    Raises:
        OSError: Nothing can be written there at all.
    """
    Path(f"{store}.missed-{day}-{configuration}").touch(mode=0o600)


def marks(store: Path) -> tuple[tuple[str, str], ...]:
    """(day, configuration) of every mark, in order."""
    beginning = f"{store.name}.missed-"
    names = (path.name.removeprefix(beginning) for path in store.parent.glob(f"{beginning}*"))
    return tuple(sorted((found[1], found[2]) for name in names if (found := NAME.fullmatch(name))))


def forget(store: Path, before: str) -> None:
    """Remove the marks of all days before one."""
    for day, configuration in marks(store):
        if day < before:
            Path(f"{store}.missed-{day}-{configuration}").unlink(missing_ok=True)


def can_mark(store: Path) -> bool:
    """Whether a mark could be left now; where there is no folder yet, nothing was asked from there."""
    return not store.parent.exists() or os.access(store.parent, os.W_OK)
