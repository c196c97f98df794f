"""Ends an engine: asks it to, and where it does not listen, has the system do it."""

from __future__ import annotations

import os
import signal
import time

from aurarouter_core.daemon.connection import ask_now
from aurarouter_core.daemon.place import Place, Process
from aurarouter_hooks import DaemonError

PATIENCE = 15.0
"""Seconds that an engine may take to end; running tasks get five of them."""
ANSWERS = 3.0
"""Seconds in which one that is well has answered."""


def stop(place: Place, *, force: bool = False) -> bool:
    """End the engine of this place, and wait until it is gone; False when there is none.

    Args:
        place: Whose.
        force: Kill it when it does not end.

    Raises:
        DaemonError: It does not end.
    """
    holder = place.holder
    if holder is None:
        return False
    try:
        ask_now(place, "stop", patience=ANSWERS)
    except DaemonError:
        _signal(holder, signal.SIGTERM)
    if _gone(place, ANSWERS if force else PATIENCE):
        return True
    if force:
        _signal(holder, signal.SIGKILL)
        if _gone(place, PATIENCE):
            return True
    hint = "Kill that process yourself." if force else "Kill it: aurarouter stop --force"
    raise DaemonError(f"the shared engine (process {holder.pid}) does not end", hint=hint)


def _signal(holder: Process, number: int) -> None:
    """Only to the very process that holds the lock, never to another that has its number now."""
    if holder.pid and Process.of(holder.pid) == holder:
        try:
            os.kill(holder.pid, number)
        except ProcessLookupError:
            return  # it has just ended


def _gone(place: Place, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while place.holder is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
