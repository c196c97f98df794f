"""Values of the contract as JSON, and back to the very same values. Only these classes are ever made.

What JSON has a word for is most of all there is, so it is passed over without a call.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Mapping
from functools import cache
from typing import Any

import attrs

from aurarouter_core.plain import plain
from aurarouter_core.vectors import FLOATS
from aurarouter_hooks import DaemonError, Problem, values

MARK = "$"
"""Key that says what an object is; an object without it is a mapping."""
AS_IT_IS = frozenset((str, int, float, bool, type(None)))
KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (Problem, *(getattr(values, name) for name in values.__all__))
    if isinstance(kind, type) and attrs.has(kind)
}


def encode(value: Any) -> Any:
    """A value as JSON's own kinds. What is no value of the contract crosses as what `--json` would show of it."""
    kind: type = value.__class__
    if kind in AS_IT_IS:
        return value
    if kind is tuple:
        return [item if item.__class__ in AS_IT_IS else encode(item) for item in value]
    if KINDS.get(kind.__name__) is kind:
        return {MARK: kind.__name__, **_said(value, kind)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list):
        return {MARK: "list", "v": [encode(item) for item in value]}
    if isinstance(value, frozenset | set):
        return {MARK: "set", "v": sorted((encode(item) for item in value), key=repr)}
    if kind is array:
        return {MARK: "numbers", "v": base64.b64encode(value.tobytes()).decode()}
    if isinstance(value, bytes | bytearray):
        return {MARK: "bytes", "v": base64.b64encode(value).decode()}
    return plain(value)


def _said(value: Any, kind: type) -> dict[str, Any]:
    """The fields that are not as they are anyway."""
    said = {}
    for name, default in _fields(kind):
        item = getattr(value, name)
        if item is not default and (item.__class__ is not default.__class__ or item != default):
            said[name] = item if item.__class__ in AS_IT_IS else encode(item)
    return said


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    return tuple((item.name, item.default) for item in attrs.fields(kind))


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if MARK in value or not all(isinstance(key, str) for key in value):
        return {MARK: "dict", "v": [[encode(key), encode(item)] for key, item in value.items()]}
    return {key: item if item.__class__ in AS_IT_IS else encode(item) for key, item in value.items()}


def decode(data: Any) -> Any:
    """The value that was encoded. The data is used up.

    Raises:
        DaemonError: It is none.
    """
    try:
        return _decoded(data)
    except (TypeError, ValueError, KeyError, RecursionError) as error:
        raise DaemonError(f"a message holds no value of ours: {type(error).__name__}") from error


def _decoded(data: Any) -> Any:
    kind = data.__class__
    if kind in AS_IT_IS:
        return data
    if kind is list:
        return tuple([item if item.__class__ in AS_IT_IS else _decoded(item) for item in data])
    name = data.get(MARK)
    if name is None:
        return {key: item if item.__class__ in AS_IT_IS else _decoded(item) for key, item in data.items()}
    if name == "list":
        return [_decoded(item) for item in data["v"]]
    if name == "set":
        return frozenset(_decoded(item) for item in data["v"])
    if name == "bytes":
        return base64.b64decode(data["v"], validate=True)
    if name == "numbers":
        return array(FLOATS, base64.b64decode(data["v"], validate=True))
    if name == "dict":
        return {_decoded(key): _decoded(item) for key, item in data["v"]}
    del data[MARK]
    for key, item in data.items():
        if item.__class__ not in AS_IT_IS:
            data[key] = _decoded(item)
    return KINDS[name](**data)
