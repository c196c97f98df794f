"""Remembers which commands plugins bring, so that neither `--help` nor a command need import every plugin.

Their names, help lines and places are kept in the cache folder, and thrown away when anything is installed or removed
or a plugin's file changes. A command is then imported by itself, or asked of its own plugin alone; where it is not
there after all, every plugin is loaded, as without the index.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout

import click

from aurarouter_core.remembered import files_of, installed, plugin_of, recall, remember, unchanged

NAME = "commands"
Entry = tuple[str, str]
"""A command's line of help, and its place as an entry point names one: its own, else its plugin's; "" when only all
plugins together bring it."""


def help_lines() -> dict[str, str]:
    """Command name → its line of help."""
    known = _known()
    return {name: line for name, (line, _) in (_gathered()[1] if known is None else known).items()}


def find_command(name: str) -> click.Command | None:
    """The command that a plugin brings under this name; None when none does."""
    _, place = (_known() or {}).get(name, ("", ""))
    command = _of_one(place).get(name) if place else None
    return command or _gathered()[0].get(name)


def _of_one(place: str) -> Mapping[str, click.Command]:
    """The command that stands there by itself, or the commands that a plugin brings when it's asked alone."""
    group = click.Group()
    try:
        with _stdout_aside():
            found = plugin_of(place)
            if isinstance(found, click.Command):
                group.add_command(found)
            else:
                found.register_commands(cli=group)
    except (Exception, SystemExit):  # noqa: BLE001 - what is wrong with it is said where all plugins are loaded
        return {}
    return group.commands


def _gathered() -> tuple[Mapping[str, click.Command], Mapping[str, Entry]]:
    """Load all plugins, and remember what commands they bring."""
    from aurarouter_core.plugins import Plugins

    group = click.Group()
    with _stdout_aside():
        plugins = Plugins()
        plugins.add_commands(group)
    owners: dict[str, list[str]] = {}
    for plugin in plugins.found.values():
        if "register_commands" in plugin.hooks:
            for name in _of_one(plugin.entry):
                owners.setdefault(name, []).append(plugin.entry)
    entries = {}
    for name, command in group.commands.items():
        owner = owners.get(name, [])
        place = (_place(name, command) or owner[0]) if len(owner) == 1 else ""
        entries[name] = (command.get_short_help_str(limit=70), place)
    if not any(plugin.state == "broken" for plugin in plugins.found.values()):  # else it may be repaired at any moment
        files = files_of(plugins.modules)
        remember(NAME, {"installed": installed(), "files": files, "commands": entries})
    return group.commands, entries


def _place(name: str, command: click.Command) -> str:
    """Where a command of this name stands in the module of its function; "" when it does not stand there by itself."""
    module = getattr(command.callback, "__module__", "")
    there = vars(sys.modules[module]) if module in sys.modules and command.name == name else {}
    return next((f"{module}:{attribute}" for attribute, value in there.items() if value is command), "")


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


def _known() -> dict[str, Entry] | None:
    """The index, when it still holds."""
    index = recall(NAME)
    try:
        if index["installed"] != installed() or not unchanged(index["files"]):
            return None
        return {str(name): (str(line), str(entry)) for name, (line, entry) in index["commands"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # no index, or not one of ours
