"""The engine's process. A client starts it, and says on standard input what for."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aurarouter_core.config import Config
from aurarouter_core.daemon import faults, log
from aurarouter_core.daemon.engine import Engine
from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home
from aurarouter_core.loading import load_config
from aurarouter_core.plugins import Plugins
from aurarouter_core.router import Router
from aurarouter_core.startup import settled
from aurarouter_hooks import DaemonError

WATCH = 1.0
"""Seconds between two looks at the configuration's files."""
PATIENCE = 15.0
"""Seconds that the engine before may take to end."""


def main() -> None:
    """Read the order, leave the client's process tree, and serve."""
    order = json.load(sys.stdin)
    if os.fork():
        os._exit(0)  # so that the engine is nobody's child, and a client that lives on needs not wait for it
    place = Place.of(Home(Path(order["home"])), order["key"]).make()
    answer = os.dup(1)  # to the client that waits
    log.begin(place)

    def say(**words: Any) -> None:
        os.write(answer, json.dumps({"pid": os.getpid(), **words}).encode())
        os.close(answer)

    try:
        lock = _locked(place)
        asyncio.run(_served(order, place, say))
        os.close(lock)
    except Exception as error:
        say(error=faults.encode(error))
        raise


def _locked(place: Place) -> int:
    end = time.monotonic() + PATIENCE
    while (lock := place.hold()) is None:
        if time.monotonic() > end:
            raise DaemonError("another engine holds this place", hint="Stop it: aurarouter stop --force")
        time.sleep(0.02)
    return lock


async def _served(order: Mapping[str, Any], place: Place, say: Any) -> None:
    plugins = Plugins()
    config = load_config(plugins, path=order["path"], overrides=order["flags"])
    _apply(config)
    async with Router(config, plugins, surface="daemon", watch=WATCH, on_reload=_apply) as router:
        settled()
        engine = Engine(router, place)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, engine.end, name.name)
        await engine.serve(say)


def _apply(config: Config) -> None:
    logging.getLogger().setLevel(config.system.log_level)


if __name__ == "__main__":
    main()
