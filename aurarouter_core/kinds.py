"""Which type stands where in a configuration, as its classes say, and what a text means there."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from functools import cache
from types import UnionType
from typing import Any

from attrs import has

from aurarouter_core import variables
from aurarouter_core.config import SHORT_FORMS, settings_of
from aurarouter_hooks import Secret


def bare(kind: Any) -> Any:
    """The type itself: `X | None` is X here."""
    if typing.get_origin(kind) in (typing.Union, UnionType):
        kinds = [part for part in typing.get_args(kind) if part is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def names(kind: Any) -> Mapping[str, Any]:
    """The keys that are known below a type, with their own types; empty where any key may stand, or none.

    Args:
        kind: A type, or the whole configuration as a mapping of section name → type.
    """
    if isinstance(kind, Mapping):
        return kind
    return _fields(kind) if has(kind) else {}


@cache
def _fields(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {item.name: bare(hints[item.name]) for item in settings_of(kind)}


def below(kind: Any, name: str) -> Any:
    """The type of what stands under a key, or in a list; `Any` where nobody says."""
    if isinstance(kind, Mapping) or has(kind):
        return bare(names(kind).get(name, Any))
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return bare(arguments[1])
    return bare(arguments[0]) if is_list(kind) else Any


def is_list(kind: Any) -> bool:
    """The type is a list, written `tuple[X, ...]` or otherwise."""
    origin = typing.get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def at(kind: Any, path: Sequence[str]) -> Any:
    """The type of what stands at a path below a type."""
    for name in path:
        kind = below(kind, name)
    return kind


def read(text: str, kind: Any) -> Any:
    """What a text on the command line or in a form means where this type stands: YAML, or a list by commas.

    Raises:
        ValueError: It is no YAML.
    """
    if kind in (str, Secret) or variables.refers(text):
        return text
    short = kind in SHORT_FORMS and not text.lstrip().startswith("{")
    if short or (is_list(kind) and below(kind, "") in (str, Secret)):
        return variables.words(text)
    return variables.scalar(text)
