"""Starts an engine where none runs; of many that try at once, one does it and the others wait for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aurarouter_core.daemon import faults
from aurarouter_core.daemon.identity import Identity
from aurarouter_core.daemon.place import Place, usable
from aurarouter_core.lock import take_lock
from aurarouter_hooks import DaemonError

PATIENCE = 60.0
"""Seconds until an engine must stand, whoever starts it."""
TRY = 2.0
"""Seconds that a connection may take."""


def start(identity: Identity) -> None:
    """See to it that an engine listens. Blocks; call it in a thread.

    Raises:
        DaemonError: It did not come up; with its last words.
        AuraRouterError: What the engine itself has to say: its configuration can't be used …
    """
    place = Place.of(identity.home, identity.key).make()
    with _alone(place):
        connection = place.call(TRY)
        if connection is not None:
            connection.close()
            return
        _spawn(identity, place)


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    with usable(place.starting):
        handle = os.open(place.starting, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + PATIENCE
        while not take_lock(handle):
            if time.monotonic() > end:
                raise DaemonError(f"somebody else has been starting the engine for {PATIENCE:.0f} s", hint=_see(place))
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


def _spawn(identity: Identity, place: Place) -> None:
    with usable(place.log):
        log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "aurarouter_core.daemon"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=identity.folder or place.folder,
            start_new_session=True,
        ) as process:
            said, _ = process.communicate(json.dumps(identity.order).encode(), timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DaemonError(f"the shared engine can't be started: {error}", hint=_see(place)) from error
    finally:
        os.close(log)
    try:
        answer = json.loads(said)
    except ValueError as error:
        words = place.last_words()
        raise DaemonError(
            f"the shared engine ended at its start; its last words:\n{words}", hint=_see(place)
        ) from error
    if "error" in answer:
        raise faults.decode(answer["error"])


def _see(place: Place) -> str:
    return f"See {place.log}, or set AURAROUTER_NO_DAEMON=1 to work without a shared engine."
