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
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aurarouter_core.plugins import Plugins

VERSION = 1


def load_commands() -> tuple[click.Group, Plugins]:
    """Load all plugins and gather their commands."""
    from aurarouter_core.plugins import Plugins

    group = click.Group()
    with _stdout_aside():
        plugins = Plugins()
        plugins.add_commands(group)
    return group, plugins


@contextmanager
def _stdout_aside() -> Iterator[None]:
    """What a plugin prints while it is imported is no result of the command, so it goes to standard error."""
    try:
        out = os.dup(1)
    except OSError:  # closed by whoever started us: nobody reads it
        yield
        return
    sys.stdout.flush()
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):  # what keeps the stream for later, such as a log, keeps the right one
            yield
    finally:
        sys.stdout.flush()
        os.dup2(out, 1)
        os.close(out)


def help_lines() -> dict[str, str]:
    """Command name → its line of help, from the index when it still holds."""
    path = _path()
    known = _read(path)
    if known is not None:
        return known
    group, plugins = load_commands()
    commands = {name: command.get_short_help_str(limit=70) for name, command in group.commands.items()}
    if any(plugin.state == "broken" for plugin in plugins.found.values()):
        return commands  # its file may be repaired at any moment, and we don't watch it
    modules = (sys.modules.get(name) for name in plugins.modules)
    files = [module.__file__ for module in modules if module is not None and module.__file__]
    _write(path, {"place": _place(), "files": {file: _changed(file) for file in files}, "commands": commands})
    return commands


def _path() -> Path:
    root = os.environ.get("AURAROUTER_HOME") or "~/.auracore/aurarouter"  # as Home, whose imports cost too much here
    return Path(os.path.expanduser(root), "cache", "commands.json")  # noqa: PTH111 - raises nothing


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
    from aurarouter_core.home import private_folder
    from aurarouter_hooks import AuraRouterError

    try:
        with tempfile.NamedTemporaryFile("w", dir=private_folder(path.parent), delete=False, encoding="utf-8") as file:
            try:
                json.dump(index, file)
                file.close()
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
    except (OSError, AuraRouterError):
        return  # a home that can't be written to makes `--help` slower, not wrong
