"""Values as plain data: what `--json`, the store and every surface that speaks JSON show."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from aurarouter_core.twins import chosen
from aurarouter_hooks import AuraRouterError, ErrorInfo, ProviderReplyError, Secret

if TYPE_CHECKING:
    import yaml

    from aurarouter_core import _json_text_py as _texts
else:
    _texts, _ = chosen("_speedups", "_json_text_py")

DEEPEST = 100
"""Levels that are shown; what is deeper, or goes round in a circle, is cut."""


def plain(value: Any, _depth: int = 0) -> Any:
    """The same as dicts, lists, strings, numbers; secrets masked, bytes told by their length."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if _depth > DEEPEST:
        return "…"
    below = _depth + 1
    if isinstance(value, Mapping):
        return {str(key): plain(item, below) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, below) for item in value]
    return plain(_layer(value), _depth)


def _layer(value: Any) -> dict[str, Any] | list[Any] | str:
    """What JSON has no word for, as something that it has; what is inside may need the same."""
    names = _fields(value.__class__)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    return str(value) if isinstance(value, Secret | Path) else repr(value)


@cache
def _fields(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in attrs.fields(kind)) if attrs.has(kind) else None


@cache
def _shape(kind: type) -> _texts.Shape | None:
    names = _fields(kind)
    if names is None or issubclass(kind, str | int | float | list | tuple | dict):
        return None
    return tuple((f'{", " if place else "{"}"{name}": ', name) for place, name in enumerate(names))


_written: Callable[[Any], str] = _texts.json_writer(_shape, _layer)


def _spread(value: Any, indent: int) -> str:
    # A circle ends as a RecursionError; to look for one at each step costs a tenth of the time.
    return json.dumps(value, indent=indent, ensure_ascii=False, check_circular=False, allow_nan=False, default=_layer)


def dumps(value: Any, *, indent: int | None = None) -> str:
    """The same as JSON text; what is no Unicode text (lone surrogates) is escaped, never an error."""
    try:
        text = _written(value) if indent is None else _spread(value, indent)
        text.encode()
    except (TypeError, ValueError, RecursionError):  # a circle, no number, no text: rare, so it may take longer
        return json.dumps(plain(value), indent=indent, allow_nan=False)
    return text


def error_info(error: BaseException) -> ErrorInfo:
    """An exception as data."""
    hint = error.hint if isinstance(error, AuraRouterError) else ""
    message = (str(error) or type(error).__name__) if isinstance(error, Exception) else "interrupted"
    retry_after = getattr(error, "retry_after", None) if isinstance(error, AuraRouterError) else None
    refused = isinstance(error, ProviderReplyError) and error.refused
    return ErrorInfo(type=type(error).__name__, message=message, hint=hint, retry_after=retry_after, refused=refused)


def recorded(error: BaseException) -> ErrorInfo:
    """The same for what is written down."""
    info = error_info(error)
    return attrs.evolve(info, message=error.recorded or info.message) if isinstance(error, AuraRouterError) else info


def origin(url: str) -> str:
    """Scheme, host and port of a URL: what may be shown of it. The rest can hold a password or a key."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(not a URL)"
    return f"{parts.scheme}://{host}{port}" if host else "(not a URL)"


def yaml_problem(error: yaml.YAMLError) -> str:
    """What is wrong with a YAML text; its own words may quote a line that holds a key."""
    return getattr(error, "problem", None) or getattr(error, "reason", None) or "it can not be read"
