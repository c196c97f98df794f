"""Every setting in force, one by one, and where each comes from: a file's line, a variable, a plugin, a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import Factory, frozen, has

from aurarouter_core.config import settings_of
from aurarouter_core.dotted import Path
from aurarouter_core.kinds import at, below, names
from aurarouter_core.layers import Layers
from aurarouter_core.shown import masked
from aurarouter_core.structure import KERNEL_SECTIONS

SAYS_NOTHING: tuple[Any, ...] = (None, "", (), [], {})


@frozen
class InForce:
    """One setting.

    Attributes:
        value: As it is written, references and all; secrets are masked.
        layer: "flags", "environment", "plugin NAME", "file", "defaults" (the built-in model), or "default" (what
            a setting is when nobody gives it).
        source: The file or the variable; else as `layer`.
        line: In the file.
    """

    path: Path
    value: Any
    layer: str
    source: str
    line: int | None = None

    @property
    def place(self) -> str:
        """Where it comes from, in words."""
        return f"{self.source}:{self.line}" if self.line else self.source


def kinds_of(layers: Layers) -> Mapping[str, Any]:
    """Section name → type, of every section that these layers may hold."""
    return {**KERNEL_SECTIONS, **layers.plugin_sections}


def settings_in_force(layers: Layers, path: Path = ()) -> Any:
    """What stands at a path, masked, with the defaults of what nobody gives.

    Raises:
        KeyError: Nothing does.
    """
    kind = kinds_of(layers)
    value: Any = _filled(layers.settings, kind, whole=bool(path))
    for name in path:
        there = {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
        value = there[name]
    return masked(value, at(kind, path), path[-1] if path else "")


def each(layers: Layers, path: Path = ()) -> Iterator[InForce]:
    """Each single setting at a path and below it, in the order of the files."""
    for leaf, value in _leaves(settings_in_force(layers, path), path):
        yield InForce(leaf, value, *_origin(layers, leaf))


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif path:
        yield path, value


def _origin(layers: Layers, path: Path) -> tuple[str, str, int | None]:
    here: Any = layers.settings
    for name in path:
        if isinstance(here, Mapping) and name not in here:
            here = {str(key): item for key, item in here.items()}
        if not isinstance(here, Mapping) or name not in here:
            return "default", "default", None
        here = here[name]
    layer = layers.origin(path)
    if layer is None:
        return "default", "default", None
    source, line = layer.place(path)
    return ("file" if layer.yaml is not None else layer.name), source, line


def _filled(value: Any, kind: Any, whole: bool) -> Any:
    """The value with defaults in it; those that say nothing only where the whole is wanted."""
    if isinstance(kind, Mapping) and isinstance(value, Mapping):
        sections = {name: _filled({} if value.get(name) is None else value[name], kind[name], whole) for name in kind}
        ordered = {name: sections.get(name, value[name]) for name in value}
        return {**ordered, **{name: item for name, item in sections.items() if item or whole}}
    if not isinstance(value, Mapping):
        return value
    filled = {str(name): _filled(item, below(kind, str(name)), whole) for name, item in value.items()}
    if has(kind):
        given = {name: item for name, item in _defaults(kind, whole).items() if name not in filled}
        filled.update(given)
    return filled


def _defaults(kind: type, whole: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in settings_of(kind):
        default = item.default
        if isinstance(default, Factory):  # type: ignore[arg-type]  # a class when it runs
            default = attrs.NOTHING if default.takes_self else default.factory()  # type: ignore[union-attr]
        if has(type(default)):
            default = {name: getattr(default, name) for name in names(type(default))}
        if default is not attrs.NOTHING and (whole or default not in SAYS_NOTHING):
            found[item.name] = default
    return found
