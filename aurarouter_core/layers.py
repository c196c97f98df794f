"""All layers of settings, highest first: what they say together, and which of them says what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from attrs import evolve, field, frozen

from aurarouter_core.config import SHORT_FORMS
from aurarouter_core.structure import NAMED
from aurarouter_core.yaml_text import YamlText
from aurarouter_hooks import Problem


def long_forms(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """`roles: {coding: [a]}` is short for `{coding: {models: [a]}}`, verbs alike; `chain` is an older name."""
    found = {}
    for section, kind in NAMED.items():
        entries = settings.get(section)
        if kind in SHORT_FORMS and isinstance(entries, Mapping):
            found[section] = {name: _long(entry, SHORT_FORMS[kind]) for name, entry in entries.items()}
    return {**settings, **found} if found else settings


def _long(entry: Any, key: str) -> Any:
    if isinstance(entry, list | tuple):
        return {key: entry}
    if key == "models" and isinstance(entry, Mapping) and "chain" in entry and "models" not in entry:
        return {"models": entry["chain"], **{part: value for part, value in entry.items() if part != "chain"}}
    return entry


@frozen(eq=False)
class Layer:
    """Settings from one place.

    Attributes:
        name: The place, for people: "flags", "environment", "plugin …", the file's path, or "defaults".
        yaml: The file that they stand in.
        variables: Path of a setting → the variable that it came from.
    """

    name: str
    settings: Mapping[str, Any] = field(converter=long_forms)
    yaml: YamlText | None = None
    variables: Mapping[tuple[str, ...], str] = field(factory=dict)

    def place(self, path: tuple[str, ...]) -> tuple[str, int | None]:
        """Where exactly a setting stands: the file and its line, or the variable, or the layer's name."""
        if self.yaml is not None:
            return self.name, self.yaml.line(path)
        for end in range(len(path), 0, -1):
            if path[:end] in self.variables:
                return self.variables[path[:end]], None
        return self.name, None


@frozen(eq=False)
class Layers:
    """Everything that settings come from.

    Attributes:
        stack: The layers, highest first.
        settings: All of them as one mapping: mappings merge deeply, anything else replaces, nothing changes nothing.
        plugin_sections: Section name → class, of the sections that plugins bring.
        file: The file among the layers.
        warnings: What is probably a mistake but harms nothing.
        problems: What is wrong with single layers.
    """

    stack: Sequence[Layer]
    settings: Mapping[str, Any]
    plugin_sections: Mapping[str, type] = field(factory=dict)
    file: Path | None = None
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any], plugin_sections: Mapping[str, type] | None = None) -> Self:
        """Settings that a program brings by itself: one layer and no other."""
        layer = Layer("settings", settings)
        return cls([layer], layer.settings, plugin_sections or {})

    def origin(self, path: tuple[str, ...]) -> Layer | None:
        """The layer that a setting comes from: the highest that has it, or the nearest thing above it."""
        for end in range(len(path), 0, -1):
            # What nobody says is missing where the rest was written: that is the file's affair, if it has the rest.
            order = self.stack if end == len(path) else sorted(self.stack, key=lambda layer: layer.yaml is None)
            for layer in order:
                if _has(layer.settings, path[:end]):
                    return layer
        return None

    def located(self, problem: Problem) -> Problem:
        """The problem, with the place that its setting comes from."""
        layer = self.origin(problem.path)
        if layer is None:
            return problem
        source, line = layer.place(problem.path)
        return evolve(problem, source=source, line=line)


def merged(layers: Sequence[Layer]) -> dict[str, Any]:
    """Layers as one mapping; the first is the highest."""
    result: dict[str, Any] = {}
    for layer in reversed(layers):
        lay_over(result, layer.settings)
    return result


def lay_over(target: dict[str, Any], upper: Mapping[str, Any]) -> None:
    """Merge settings into others that lie below them; nothing of `upper` itself ends up in `target` but leaves."""
    for key, value in upper.items():
        if isinstance(value, dict | Mapping):  # dict first: asking for an abstract class costs ten times as much
            below = target.get(key)
            if not isinstance(below, dict):
                below = target[key] = dict(below) if isinstance(below, Mapping) else {}
            lay_over(below, value)
        elif value is not None or key not in target:
            target[key] = value


def _has(settings: Any, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(settings, Mapping):
            return False
        named = settings if part in settings else {str(key): item for key, item in settings.items()}
        settings = named.get(part)
        if settings is None:
            return False
    return True
