"""Remembers which commands plugins bring, so that `--help` need not import every plugin.

Loading the plugins costs more than all the rest of `--help`. Their names and help lines are kept in the cache
folder, and thrown away when anything is installed or removed or a plugin's file changes. Running a command always
loads the plugins themselves: the index only ever decides what `--help` prints.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aurarouter_core.plugins import Plugins

VERSION = 1


def collect() -> tuple[click.Group, Plugins]:
    """Load all plugins and gather their commands."""
    from aurarouter_core.plugins import Plugins

    group = click.Group()
    plugins = Plugins()
    plugins.add_commands(group)
    return group, plugins


def brought() -> dict[str, str]:
    """Command name → its line of help, from the index when it still holds."""
    path = _path()
    known = _read(path)
    if known is not None:
        return known
    group, plugins = collect()
    commands = {name: command.get_short_help_str(limit=70) for name, command in group.commands.items()}
    modules = (sys.modules.get(name) for name in plugins.modules)
    files = [module.__file__ for module in modules if module is not None and module.__file__]
    _write(path, {"place": _place(), "files": {file: _changed(file) for file in files}, "commands": commands})
    return commands


def _path() -> Path:
    root = os.environ.get("AURAROUTER_HOME") or Path.home() / ".auracore" / "aurarouter"
    return Path(root).expanduser() / "cache" / "commands.json"


def _place() -> list[object]:
    """What changes when something is installed, removed or switched off."""
    folders = [(folder, _changed(folder)) for folder in sys.path]
    switches = [os.environ.get(name) for name in ("AURAROUTER_PLUGINS", "AURAROUTER_WITHOUT")]
    return json.loads(json.dumps([VERSION, sys.version, folders, switches]))  # type: ignore[no-any-return]


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - pathlib costs what this saves
    except OSError:
        return 0


def _read(path: Path) -> dict[str, str] | None:
    try:
        index = json.loads(path.read_bytes())
        if index["place"] != _place() or any(_changed(file) != when for file, when in index["files"].items()):
            return None
        return {str(name): str(line) for name, line in index["commands"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # no index, or not one of ours: it is only a cache, so it is made again


def _write(path: Path, index: dict[str, object]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(index, file)
        Path(temporary).replace(path)
    except OSError:
        return  # a home that can't be written to makes `--help` slower, not wrong
