"""The environment as a layer of settings: AURAROUTER_SECTION__KEY, matched against the keys that exist."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs
from attrs import frozen

from aurarouter_core import variables
from aurarouter_core.amounts import Amount
from aurarouter_core.config import SHORT_FORMS, settings_of
from aurarouter_core.converter import word
from aurarouter_core.privacy_settings import Profile
from aurarouter_hooks import Problem, Secret

PREFIX = "AURAROUTER_"
RESERVED = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "HOME", "OFFLINE", "PLUGINS", "WITHOUT", "NO_SPEEDUPS", "REQUIRE_SPEEDUPS", "RELEASE", "NO_DAEMON",
    )
)  # fmt: skip
"""Switches of the build and the loader; never settings."""


@frozen
class FromEnvironment:
    """What the environment says.

    Attributes:
        variables: Path of a setting → the variable that it came from.
        warnings: Names that match nothing.
        problems: Names that fit two keys, and values that fit no field.
    """

    settings: dict[str, Any]
    variables: dict[tuple[str, ...], str]
    warnings: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_environment(
    environ: Mapping[str, str], below: Mapping[str, Any], sections: Mapping[str, Any]
) -> FromEnvironment:
    """The settings that the environment asks for.

    Args:
        environ: The environment.
        below: The merged lower layers; names of models, roles … are matched against them.
        sections: Section name → class, or mapping of names to a class.
    """
    settings: dict[str, Any] = {}
    found: dict[tuple[str, ...], str] = {}
    warnings: list[str] = []
    problems: list[Problem] = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        if "__" not in name:
            close = difflib.get_close_matches(name, RESERVED, n=1)
            warnings.append(
                f"{name}: no switch has this name{f' (did you mean {close[0]}?)' if close else ''}; ignored"
            )
            continue
        if not environ[name].strip():
            warnings.append(f"{name}: it is empty, which changes nothing; ignored")
            continue
        try:
            path, kind = _match(name[len(PREFIX) :].split("__"), below, sections)
            if (other := found.get(tuple(path))) is not None:
                raise ValueError(f"{other} sets the same; keep one of them")
            _put(settings, path, _coerce(environ[name], kind))
            found[tuple(path)] = name
        except LookupError as error:
            warnings.append(f"{name}: {error.args[0]}; ignored")
        except ValueError as error:
            problems.append(Problem(str(error), source=name))
    return FromEnvironment(settings, found, tuple(warnings), tuple(problems))


def _match(parts: list[str], below: Mapping[str, Any], sections: Mapping[str, Any]) -> tuple[list[str], Any]:
    """Walk the parts down the known keys; returns the real path and the field's type."""
    path: list[str] = []
    kind: Any = sections
    here: Any = below
    for part in parts:
        open_ended: Any = None
        if isinstance(kind, Mapping):
            names = {str(key): value for key, value in kind.items()}
        elif attrs.has(kind):
            hints = typing.get_type_hints(kind)
            names = {field.name: hints[field.name] for field in settings_of(kind)}
        elif typing.get_origin(kind) is not None and issubclass(typing.get_origin(kind) or object, Mapping):
            value_kind = typing.get_args(kind)[1]
            names = {str(key): value_kind for key in here} if isinstance(here, Mapping) else {}
            open_ended = value_kind if value_kind in (Any, str) else None
        else:
            raise LookupError(f"'{'.'.join(path)}' has no keys below it")
        key = _key(part, names)
        if key is None:
            if open_ended is None:
                close = difflib.get_close_matches(_fold(part), [_fold(name) for name in names], n=1)
                near = next((name for name in names if close and _fold(name) == close[0]), "")
                what = ".".join([*path, part.lower()])
                raise LookupError(f"nothing is called '{what}'" + (f" (did you mean '{near}'?)" if near else ""))
            key, names = part.lower(), {part.lower(): open_ended}
        path.append(key)
        kind = _bare(names[key])
        here = here.get(key, {}) if isinstance(here, Mapping) else {}
    short = SHORT_FORMS.get(kind)
    return ([*path, short], tuple[str, ...]) if short else (path, kind)


def _key(part: str, names: Mapping[str, Any]) -> str | None:
    if part in names:
        return part
    same = [name for name in names if _fold(name) == _fold(part)]
    if len(same) > 1:
        raise ValueError(f"'{part}' could mean {' or '.join(repr(name) for name in same)}; rename one of them")
    return same[0] if same else None


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_").replace(".", "_").replace("/", "_")


def _bare(kind: Any) -> Any:
    """`X | None` is X here."""
    if isinstance(kind, types.UnionType):
        kinds = [part for part in typing.get_args(kind) if part is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _coerce(text: str, kind: Any) -> Any:
    if kind in (str, Secret, Amount, Profile) or variables.refers(text):
        return text
    if kind in (tuple[str, ...], tuple[Secret, ...]):
        return variables.words(text)
    value = variables.scalar(text)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is not Any and isinstance(kind, type) and not attrs.has(kind) and not isinstance(value, kind):
        raise ValueError(f"expected {word(kind)}, got {word(type(value))}")
    return value


def _put(layer: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        layer = layer.setdefault(part, {})
        if not isinstance(layer, dict):
            raise ValueError(  # noqa: TRY004 - a wrong value of the user's, not a wrong call
                f"another variable gives '{part}' a value, so there is nothing below it"
            )
    layer[path[-1]] = value
