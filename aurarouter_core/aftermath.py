"""What to say about a change of the configuration: what is different, what hides it, and what else it brought about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from aurarouter_core import dotted
from aurarouter_core.checkup import Checkup
from aurarouter_core.edit import Change, Set
from aurarouter_core.kinds import at
from aurarouter_core.layers import Layer, Layers, long_forms
from aurarouter_core.shown import masked
from aurarouter_core.spelling import as_spelt
from aurarouter_core.yaml_text import YamlText
from aurarouter_hooks import Problem


@frozen
class Changed:
    """A setting that is different now. Secrets in its values are masked; None: it was not, or is not, in the file."""

    path: tuple[str, ...]
    before: Any
    after: Any
    line: int | None = None


def new(after: Sequence[Problem], before: Sequence[Problem]) -> list[Problem]:
    """The problems that were not there before, wherever their lines are now."""
    known = Counter(map(_essence, before))
    found = []
    for problem in after:
        known[_essence(problem)] -= 1
        if known[_essence(problem)] < 0:
            found.append(problem)
    return found


def _essence(problem: Problem) -> tuple[tuple[str, ...], str]:
    """Without what depends on the rest of the file: its line, and the name that may be meant."""
    return problem.path, problem.what.partition(" (")[0]


def changed(changes: Sequence[Change], old: YamlText, now: YamlText, kinds: Mapping[str, Any]) -> Iterator[Changed]:
    """Every setting that a change names and that is different now."""
    for path in dict.fromkeys(tuple(map(str, as_spelt(change).path)) for change in changes):
        before, after = (_at(long_forms(yaml.settings), path) for yaml in (old, now))
        if before != after:
            kind = at(kinds, path)
            line = now.line(path) if after is not None else None
            yield Changed(path, masked(before, kind, path[-1]), masked(after, kind, path[-1]), line)


def warnings(changes: Sequence[Change], before: Checkup, after: Checkup) -> Iterator[str]:
    """What somebody who made these changes should know."""
    for change in map(as_spelt, changes):
        path = tuple(map(str, change.path))
        if isinstance(change, Set):
            yield from _hidden(_leaves(change.value, path), after.layers)
        elif _at(after.layers.settings, path) is not None:
            yield f"{dotted.shown(path)} is still set: {_place(after.layers.origin(path), path)} says so"
    yield from _gone(changes, before.layers, after.layers)
    yield from map(str, new(after.warnings, before.warnings))


def _hidden(leaves: Sequence[tuple[str, ...]], layers: Layers) -> Iterator[str]:
    """What stands in the file and is not in force."""
    for path in leaves:
        layer = layers.origin(path)
        if layer is not None and layer.yaml is None:
            yield f"{dotted.shown(path)} is not in force: {_place(layer, path)} sets it and comes first"


def _gone(changes: Sequence[Change], before: Layers, after: Layers) -> Iterator[str]:
    """Roles that nobody asked to remove: the built-in ones end where a file names models or roles."""
    named = {str(change.path[1]) for change in changes if change.path[:1] == ("roles",) and len(change.path) > 1}
    roles = [_at(layers.settings, ("roles",)) or {} for layers in (before, after)]
    lost = sorted(str(role) for role in roles[0] if role not in roles[1] and str(role) not in named)
    if lost:
        yield f"no longer there, since the file now names models or roles itself: built-in {', '.join(lost)}"


def _at(settings: Any, path: Sequence[str]) -> Any:
    for name in path:
        there = {str(key): item for key, item in settings.items()} if isinstance(settings, Mapping) else {}
        settings = there.get(name)
    return settings


def _leaves(value: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(value, Mapping) or not value:
        return [path]
    return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, str(key)))]


def _place(layer: Layer | None, path: tuple[str, ...]) -> str:
    source, line = layer.place(path) if layer is not None else ("another layer", None)
    return f"{source}:{line}" if line else source
