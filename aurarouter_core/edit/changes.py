"""What can be changed in a file, and what a change means for the data that the file holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import frozen

from aurarouter_hooks import ConfigError

Path = tuple[str | int, ...]
DEEPEST, MOST = 50, 500_000


@frozen
class Set:
    """Give a place a value; mappings that are missing on the way are made.

    Attributes:
        path: Keys of mappings, and indexes of lists; one past a list's end appends.
        value: Plain data: mappings, lists, strings, numbers, booleans, dates, None.
    """

    path: Path
    value: Any


@frozen
class Remove:
    """Take an entry away: its own lines and the comments in them, not those above. What is absent stays absent."""

    path: Path


Change = Set | Remove


def dotted(path: Path) -> str:
    """A path as people write it, in quotes; empty for the whole file."""
    return f"'{'.'.join(map(str, path))}'" if path else ""


def own(value: Any, what: str) -> Any:
    """A copy of plain data that shares nothing, so that a change in one place stays in one place.

    Raises:
        ConfigError: It holds what no configuration holds, goes round in a circle, or is huge; `what` says whose it is.
    """
    left = MOST

    def copy(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if depth > DEEPEST or left < 0:
            raise ConfigError(f"{what} is nested more than {DEEPEST} levels deep or holds more than {MOST} values")
        if isinstance(value, Mapping):
            return {copy(key, depth + 1): copy(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [copy(item, depth + 1) for item in value]
        if value is None or isinstance(value, bool | bytes | date):
            return value
        for kind in (str, int, float):
            if isinstance(value, kind):
                return kind(value)
        raise ConfigError(f"{what} holds a {type(value).__name__}, which a configuration file has no words for")

    return copy(value, 0)


def exact(value: Any) -> Any:
    """Something hashable that is equal for equal data only: 1, 1.0 and True are three things; order of keys is none."""
    if isinstance(value, dict):
        return dict, frozenset((exact(key), exact(item)) for key, item in value.items())
    if isinstance(value, list):
        return list, tuple(exact(item) for item in value)
    return type(value), repr(value)


def lookup(mapping: Mapping[Any, Any], key: object) -> bool:
    """Whether the mapping has this very key: 1 is not True."""
    return any(type(there) is type(key) for there in mapping if there == key)


def applied(data: Any, change: Change) -> Any:
    """The data as the change wants it. The change is known to fit: what it removes is there."""
    if not change.path:
        return change.value if isinstance(change, Set) else None
    name, rest = change.path[0], change.path[1:]
    result: Any = list(data) if isinstance(data, list) else dict(data or {})
    if isinstance(change, Remove) and not rest:
        del result[name]
        return result
    if isinstance(result, list) and name == len(result):
        result.append(None)
    there = result[name] if isinstance(data, list) or name in result else None
    result[name] = applied(there, Set(rest, change.value) if isinstance(change, Set) else Remove(rest))
    return result
