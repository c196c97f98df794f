"""The environment as a layer of settings: AURAROUTER_SECTION__KEY, matched against the keys that exist."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from aurarouter_core.plain import yaml_problem
from aurarouter_hooks import ConfigError, Secret

PREFIX = "AURAROUTER_"
RESERVED = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "HOME", "OFFLINE", "PLUGINS", "WITHOUT", "NO_SPEEDUPS", "REQUIRE_SPEEDUPS", "RELEASE", "NO_DAEMON",
    )
)  # fmt: skip
"""Switches of the build and the loader; never settings."""


def environment_layer(
    environ: Mapping[str, str], below: Mapping[str, Any], sections: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings that the environment asks for, and warnings about names that match nothing.

    Args:
        environ: The environment.
        below: The merged lower layers; names of models, roles … are matched against them.
        sections: Section name → class, or mapping of names to a class.

    Raises:
        ConfigError: A name fits two keys, or a value does not fit its field.
    """
    layer: dict[str, Any] = {}
    warnings: list[str] = []
    problems: list[str] = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        if "__" not in name:
            close = difflib.get_close_matches(name, RESERVED, n=1)
            warnings.append(
                f"{name}: no switch has this name{f' (did you mean {close[0]}?)' if close else ''}; ignored"
            )
            continue
        try:
            path, kind = _match(name[len(PREFIX) :].split("__"), below, sections)
            _put(layer, path, _coerce(environ[name], kind))
        except LookupError as error:
            warnings.append(f"{name}: {error.args[0]}; ignored")
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise ConfigError("the environment holds settings that can't be used", problems=problems)
    return layer, tuple(warnings)


def _match(parts: list[str], below: Mapping[str, Any], sections: Mapping[str, Any]) -> tuple[list[str], Any]:
    """Walk the parts down the known keys; returns the real path and the field's type."""
    path: list[str] = []
    kind: Any = sections
    here: Any = below
    for part in parts:
        open_ended = False
        if isinstance(kind, Mapping):
            names = {str(key): value for key, value in kind.items()}
        elif attrs.has(kind):
            hints = typing.get_type_hints(kind)
            names = {field.name: hints[field.name] for field in attrs.fields(kind)}
        elif typing.get_origin(kind) is not None and issubclass(typing.get_origin(kind) or object, Mapping):
            value_kind = typing.get_args(kind)[1]
            names = {str(key): value_kind for key in here} if isinstance(here, Mapping) else {}
            open_ended = value_kind is Any
        else:
            raise LookupError(f"'{'.'.join(path)}' has no keys below it")
        key = _key(part, names)
        if key is None:
            if not open_ended:
                close = difflib.get_close_matches(_fold(part), [_fold(name) for name in names], n=1)
                near = next((name for name in names if close and _fold(name) == close[0]), "")
                what = ".".join([*path, part.lower()])
                raise LookupError(f"nothing is called '{what}'" + (f" (did you mean '{near}'?)" if near else ""))
            key, names = part.lower(), {part.lower(): Any}
        path.append(key)
        kind = _bare(names[key])
        here = here.get(key, {}) if isinstance(here, Mapping) else {}
    return path, kind


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
    import yaml

    if kind in (str, Secret):
        return text
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.strip("[]").split(",") if part.strip()]
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        words = yaml_problem(error) if isinstance(error, yaml.YAMLError) else "it is nested too deeply"
        raise ValueError(f"can't be read as YAML: {words}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is not Any and isinstance(kind, type) and not attrs.has(kind) and not isinstance(value, kind):
        raise ValueError(f"expected {kind.__name__}, got a {type(value).__name__}")
    return value


def _put(layer: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        layer = layer.setdefault(part, {})
        if not isinstance(layer, dict):
            raise ValueError(  # noqa: TRY004 - a wrong value of the user's, not a wrong call
                f"another variable gives '{part}' a value, so there is nothing below it"
            )
    layer[path[-1]] = value
