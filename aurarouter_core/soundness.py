"""Whether the files of a home folder can be used, and whether other users can read them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from aurarouter_core.home import Home
from aurarouter_core.room import CHECK, DAMAGED, MOVE, sqlite_code, unusable
from aurarouter_hooks import AuraRouterError

SECONDS = 5.0
"""For which one file is looked through; of a very large one, the rest is not looked at."""
STEPS = 10_000
"""Of SQLite's own, between two looks at the time."""
MALFORMED = "database disk image is malformed"
"""As SQLite says it, so that nothing is told twice when another look meets the same."""
OTHERS = 0o077


def databases(home: Home) -> Sequence[Path]:
    """The SQLite files that are there, the plugins' too."""
    return sorted([*home.root.glob("*.db"), *home.cache.glob("*.db")])


def look_through(path: Path) -> None:
    """See whether a SQLite file can be used. Nothing is written.

    Raises:
        AuraRouterError: It is damaged, or belongs to somebody else.
    """
    import sqlite3

    if os.access(path.parent, os.W_OK) and not os.access(path, os.R_OK | os.W_OK):
        raise AuraRouterError(f"{path} can't be read and written", hint=CHECK)
    until = time.monotonic() + SECONDS
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            said = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if sqlite_code(error) in DAMAGED:
            raise unusable(f"{path} can't be read", path, error) from error
        return  # its time was over, or somebody is at it: no word of damage
    if said != ("ok",):
        raise AuraRouterError(f"{path} can't be read: {MALFORMED}", hint=MOVE)


def open_to_others(home: Home) -> Sequence[Path]:
    """The files that hold keys, or what was said and done, and that other users can reach and read or change."""
    if sys.platform == "win32":
        return []
    files = [*databases(home), home.keys, home.apps, home.privacy_key]
    return [file for file in files if file.exists() and all(_open(place) for place in (home.root, file.parent, file))]


def _open(place: Path) -> bool:
    return bool(place.stat().st_mode & OTHERS)
