"""The engine's log: all that it, its libraries and a crash say, in one file of bounded size and the one before it."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import shutil

from aurarouter_core.daemon.place import Place
from aurarouter_core.log_lines import to_stderr

LARGEST = 1_000_000
"""Bytes of the file; it is looked at every so often, so it may grow a little beyond."""
EVERY = 5.0
"""Seconds between two looks."""


def begin(place: Place) -> None:
    """Have everything go to the log: Python's own, and what native code writes to its standard streams."""
    trim(place)
    handle = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    faulthandler.enable()
    to_stderr("%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger(__package__).setLevel(logging.INFO)


def trim(place: Place) -> None:
    """Put a log aside that has become too large. It is written in append mode, so it can be emptied in place."""
    try:
        if place.log.stat().st_size > LARGEST:
            old = place.log.with_suffix(".log.1")
            shutil.copyfile(place.log, old)
            old.chmod(0o600)
            os.truncate(place.log, 0)
    except OSError:
        return  # there is none; or the disk is full, and then it doesn't grow either: the next look tries again


async def keep_short(place: Place) -> None:
    """Look after the log's size for as long as the engine lives."""
    while True:
        await asyncio.sleep(EVERY)
        await asyncio.to_thread(trim, place)
