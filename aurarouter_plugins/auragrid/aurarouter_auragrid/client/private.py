"""Looks for private content before anything leaves this program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aurarouter_core import hotpath


def is_private(inputs: Mapping[str, Any]) -> bool:
    """The caller says so, or a built-in rule finds some; every text is looked at, to its end."""
    return bool(inputs.get("private")) or any(hotpath.analyse(text).findings for text in _texts(inputs))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
