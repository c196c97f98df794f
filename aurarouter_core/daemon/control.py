"""The shared engine seen from outside: whether it runs and how it is, and starting, pausing and ending it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aurarouter_core.daemon.connection import ask_now
from aurarouter_core.daemon.door import shares
from aurarouter_core.daemon.identity import identify
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.start import start
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home, working_folder
from aurarouter_core.plugins import Plugins
from aurarouter_core.sources import find_file, same
from aurarouter_hooks import AuraRouterError, ConfigError, DaemonError


def status(place: Place) -> Mapping[str, Any]:
    """What the engine says of itself; what can be told where it says nothing."""
    holder = place.holder
    if holder is None:
        return {"running": False, "place": str(place.folder)}
    try:
        told: Mapping[str, Any] = ask_now(place, "status")
    except AuraRouterError as error:
        return {
            "running": True,
            "pid": holder.pid,
            "error": str(error),
            "place": str(place.folder),
            "log": str(place.log),
        }
    return told


def having(home: Home, file: Path) -> Place | None:
    """Where the engine is whose configuration is this file, be the file as it may; None when none has it.

    Raises:
        DaemonError: Several have it, or one does not answer.
    """
    states = {place: status(place) for place in Place.all(home) if place.holder is not None}
    silent = any("error" in state for state in states.values())
    found = [place for place, state in states.items() if state.get("config") and same(Path(state["config"]), file)]
    if len(found) > 1 or (silent and not found):
        raise DaemonError(
            f"which shared engine has {file} can't be told while the file can't be read",
            hint="'aurarouter status --all' shows all engines, 'aurarouter stop --all' ends them.",
        )
    return found[0] if found else None


def place_of(plugins: Plugins, path: Path | None) -> tuple[Place | None, ConfigError | None]:
    """Where the engine of a configuration is, whether one runs or not.

    Returns:
        Of a file that can't be read nobody knows what it leaned on: then the place of whoever has it, if any, and
        why it can't be read.

    Raises:
        ConfigError: The file is missing.
        DaemonError: The file can't be read, and which engine has it can't be told.
    """
    try:
        identity = identify(plugins, path, {})
    except ConfigError as error:
        file = find_file(path, os.environ, working_folder())
        if file is None:
            raise
        return having(Home.of(), file.path), error
    return Place.of(identity.home, identity.key), None


class EngineControl:
    """The engine of a configuration, as a program that looks after it sees it. All of it blocks: call it in a thread.

    Args:
        path: The configuration file; None for the usual places.
        plugins: All plugins.

    Raises:
        ConfigError: From everything: the file is missing. From `start`: it is no YAML, or not trusted.
        DaemonError: From what acts: the engine does not start, answer or end. From everything: the file can't be read,
            and which engine has it can't be told.
    """

    def __init__(self, path: Path | None, plugins: Plugins) -> None:
        self._path = path
        self._plugins = plugins

    @property
    def shared(self) -> bool:
        """Programs share an engine here; else each has one of its own, and there is nothing to look after."""
        return shares() and self._plugins.installed

    def status(self) -> Mapping[str, Any]:
        """`running`, and what `aurarouter status --json` says. Starts nothing."""
        place = self._place()
        return status(place) if place is not None else {"running": False}

    def start(self) -> None:
        """See to it that it runs."""
        start(identify(self._plugins, self._path, {}))

    def pause(self) -> None:
        """Have it refuse new tasks, whoever they come from; running ones go on."""
        ask_now(self._there(), "pause")

    def resume(self) -> None:
        """Have it accept tasks again."""
        ask_now(self._there(), "resume")

    def stop(self, *, force: bool = False) -> bool:
        """End it and wait until it is gone; False when none runs. Running tasks get some seconds.

        Args:
            force: Kill it when it does not end.
        """
        place = self._place()
        return place is not None and stop(place, force=force)

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        place = self._place()
        return place.last_words(lines) if place is not None else ""

    def _place(self) -> Place | None:
        return place_of(self._plugins, self._path)[0]

    def _there(self) -> Place:
        place = self._place()
        if place is None:
            raise DaemonError("no shared engine is running")
        return place
