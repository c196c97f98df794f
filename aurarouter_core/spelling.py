"""Changes in the words of the file: where it has the short form of a role (`coding: [a, b]`), or an older name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_core.config import SHORT_FORMS
from aurarouter_core.edit import Change, Remove, Set, edited
from aurarouter_core.structure import NAMED
from aurarouter_core.yaml_text import parse


def as_spelt(change: Change) -> Change:
    """The change on the long form of the settings."""
    section, key = _form(change)
    if not key:
        return change
    if len(change.path) == 2 and isinstance(change, Set) and not isinstance(change.value, Mapping):
        return Set((*change.path, key), change.value)
    if change.path[2:] == ("chain",) and section == "roles":
        path = (*change.path[:2], key)
        return Set(path, change.value) if isinstance(change, Set) else Remove(path)
    return change


def as_written(text: str, changes: Sequence[Change]) -> list[Change]:
    """The changes on what stands in this text, which are made one after the other.

    Raises:
        ConfigError: One of them can't be made.
    """
    found: list[Change] = []
    for change in map(as_spelt, changes):
        fitting = _fitting(parse(text.encode(), "the file").settings, change)
        found.extend(fitting)
        if change is not changes[-1]:
            text = edited(text, fitting)
    return found


def _form(change: Change) -> tuple[str, str]:
    """(section, setting that its short form stands for) of a change below a name; "" when it has none."""
    section = str(change.path[0]) if change.path else ""
    return section, (SHORT_FORMS.get(NAMED.get(section, object), "") if len(change.path) > 1 else "")


def _fitting(settings: Mapping[str, Any], change: Change) -> list[Change]:
    section, key = _form(change)
    if not key or len(change.path) != 3:
        return [change]
    entries = settings.get(section)
    there = entries.get(change.path[1]) if isinstance(entries, Mapping) else None
    entry, setting = change.path[:2], change.path[2]
    if isinstance(there, list) or (there is None and setting == key):
        return _short(entry, str(setting), key, there, change)
    if isinstance(there, Mapping) and "chain" in there and setting == key and section == "roles":
        path = (*entry, "chain")
        return [Set(path, change.value) if isinstance(change, Set) else Remove(path)]
    return [change]


def _short(entry: tuple[str | int, ...], setting: str, key: str, there: Any, change: Change) -> list[Change]:
    """The change of an entry that is written as a list, or not there yet."""
    if isinstance(change, Remove):
        return [Remove(entry)] if setting == key else []
    if setting == key:
        return [Set(entry, change.value if isinstance(change.value, list | tuple) else {key: change.value})]
    return [Set(entry, {key: there, setting: change.value})]
