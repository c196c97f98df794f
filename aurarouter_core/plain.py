"""Values as plain data: what `--json`, the store and every surface that speaks JSON show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from aurarouter_hooks import AuraRouterError, ErrorInfo, Secret


def plain(value: Any) -> Any:
    """The same as dicts, lists, strings, numbers; secrets masked, bytes told by their length."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Secret | Path):
        return str(value)
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    return repr(value)


def dumps(value: Any, *, indent: int | None = None) -> str:
    """The same as JSON text; what is no Unicode text (lone surrogates) is escaped, never an error."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(plain(value), indent=indent)
    return text


def error_info(error: BaseException) -> ErrorInfo:
    """An exception as data."""
    hint = error.hint if isinstance(error, AuraRouterError) else ""
    return ErrorInfo(type=type(error).__name__, message=str(error) or type(error).__name__, hint=hint)
