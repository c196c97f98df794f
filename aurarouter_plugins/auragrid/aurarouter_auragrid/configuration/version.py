"""One version of the cell's configuration: the settings, who made it, when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import asdict, field, fields, frozen

from aurarouter_auragrid.errors import GridError
from aurarouter_core.dotted import shown
from aurarouter_core.shown import on_one_line

Fate = Literal["trial", "in force", "undone"]


@frozen
class SettingChange:
    """One setting that two versions say differently. None: one of them does not say it.

    As text it is one line for people.
    """

    path: tuple[str, ...]
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{shown(self.path)}: {_words(self.before)} → {_words(self.after)}"


def _words(value: Any) -> str:
    return "(not set)" if value is None else on_one_line(value)


@frozen(kw_only=True)
class Version:
    """A version. The cell begins with number 0, which says nothing.

    Attributes:
        number: Its place among all versions.
        id: Its own, so that whoever wrote it knows it again.
        settings: The layer of settings that every node lays over its own file.
        who: Who made it, by their own account.
        at: When, in seconds since 1970 by their own clock.
        comment: Why.
        state: "trial" until a majority of the nodes has applied it, then "in force"; or "undone".
        reason: Why it was undone.
        changes: What is different from the version before; filled in by `CellConfiguration.history`.
    """

    number: int = 0
    id: str = ""
    settings: Mapping[str, Any] = field(factory=dict, repr=False)
    who: str = ""
    at: float = 0.0
    comment: str = ""
    state: Fate = "in force"
    reason: str = ""
    changes: tuple[SettingChange, ...] = ()


def to_plain(version: Version) -> dict[str, Any]:
    """The version as what JSON can hold."""
    return asdict(version, filter=lambda attribute, _: attribute.name != "changes")


def version_of(said: Any) -> Version:
    """The version that was written; the first of all for nothing.

    Raises:
        GridError: It can't be read.
    """
    if said is None:
        return Version()
    known = {item.name for item in fields(Version)} - {"changes"}
    if not isinstance(said, dict) or not isinstance(said.get("settings"), dict) or type(said.get("number")) is not int:
        raise GridError("the cell's configuration can't be read", hint="Is a node of another version in the cell?")
    return Version(**{name: value for name, value in said.items() if name in known})


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[SettingChange, ...]:
    """Every single setting that is different."""
    old, new = (dict(leaves(settings)) for settings in (before, after))
    paths = dict.fromkeys([*old, *new])
    return tuple(SettingChange(path, old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path))


def leaves(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every single setting: its path and its value."""
    if not isinstance(value, Mapping) or not (value or not path):
        return [(path, value)]
    return [leaf for key, item in value.items() for leaf in leaves(item, (*path, str(key)))]
