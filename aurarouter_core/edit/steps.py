"""A change as small steps, each of which touches one place of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from attrs import frozen

from aurarouter_core.edit.changes import Change, Path, Set, exact, lookup
from aurarouter_hooks import ConfigError

Refusal = Callable[[Path, str], ConfigError]


@frozen
class Put:
    """Replace a value, or add an entry to a mapping that is there."""

    path: Path
    value: Any


@frozen
class Insert:
    """Make a new item of a list; the path ends with the index that it will have."""

    path: Path
    value: Any


@frozen
class Cut:
    """Remove an entry that is there."""

    path: Path


Step = Put | Insert | Cut


def steps(data: Any, change: Change, refusal: Refusal) -> Iterator[Step]:
    """The steps that lead from the data to what the change wants, in order.

    Args:
        data: What the file holds.
        change: What is wanted.
        refusal: Makes the error, with its line, for what doesn't fit.

    Raises:
        ConfigError: The path goes through something that has no entries.
    """
    path, here = change.path, data
    if not path and not (isinstance(change, Set) and isinstance(change.value, dict)):
        raise refusal(path, "a configuration is a mapping of sections")
    for depth, name in enumerate(path):
        if not _there(here, name, path[:depth], refusal):
            if isinstance(change, Set):
                yield _made(here, path, depth, change.value, refusal)
            return
        here = here[name]
    if isinstance(change, Set):
        yield from _between(path, here, change.value)
    else:
        yield Cut(path)


def _there(here: Any, name: str | int, path: Path, refusal: Refusal) -> bool:
    """Whether what stands at a path has such an entry."""
    if isinstance(here, list):
        if not isinstance(name, int) or name < 0:
            raise refusal(path, f"it is a list, which has no entry called '{name}'")
        return name < len(here)
    if here is not None and not isinstance(here, dict):
        raise refusal(path, "it is a single value, which has no entries")
    return here is not None and lookup(here, name)


def _made(here: Any, path: Path, depth: int, value: Any, refusal: Refusal) -> Step:
    """The step that makes a missing entry, and those below it."""
    if isinstance(here, dict) and path[depth] in here:  # 1, 1.0 and true are one key to whoever reads the file
        raise refusal(path[:depth], f"an entry called '{path[depth]}' there is not told from another one that it has")
    for key in reversed(path[depth + 1 :] if here is not None else path[depth:]):
        if not isinstance(key, str):
            raise refusal(path, "there is no such list")
        value = {key: value}
    if isinstance(here, list) and path[depth] != len(here):
        raise refusal(path[:depth], f"it is a list of {len(here)}: what comes next is number {len(here)}")
    if here is None:
        return Put(path[:depth], value)
    if not here and depth:  # "[]" or "{}" becomes lines
        return Put(path[:depth], [value] if isinstance(here, list) else {path[depth]: value})
    return (Insert if isinstance(here, list) else Put)(path[: depth + 1], value)


def _between(path: Path, old: Any, new: Any) -> Iterator[Step]:
    """From one value to another, keeping what both have; what is new comes first, so that nothing is ever empty."""
    if exact(old) == exact(new):
        return
    both = type(old) if type(old) is type(new) and (not path or (old and new)) else None
    if both is dict:
        for key, value in new.items():
            if lookup(old, key):
                yield from _between((*path, key), old[key], value)
            else:
                yield Put((*path, key), value)
        for key in old:
            if not lookup(new, key):
                yield Cut((*path, key))
    elif both is list:
        yield from _between_lists(path, old, new)
    else:
        yield Put(path, new)


def _between_lists(path: Path, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Step]:
    matcher = SequenceMatcher(None, [exact(item) for item in old], [exact(item) for item in new], autojunk=False)
    for tag, start, end, first, last in reversed(matcher.get_opcodes()):  # from the end: indexes before it stay
        if tag == "equal":
            continue
        if end - start == last - first and all(isinstance(item, dict) for item in [*old[start:end], *new[first:last]]):
            for offset in range(end - start):
                yield from _between((*path, start + offset), old[start + offset], new[first + offset])
            continue
        for item in reversed(new[first:last]):
            yield Insert((*path, end), item)
        for index in reversed(range(start, end)):
            yield Cut((*path, index))
