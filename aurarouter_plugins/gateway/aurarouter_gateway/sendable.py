"""What JSON can write and no backend can be sent: halves of characters, and numbers beyond all bounds."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from aurarouter_gateway.fields import RequestError


def refuse_unsendable(value: Any) -> None:
    """Look through a body that may hold such a thing; its levels are known to be few.

    Raises:
        RequestError: It does; the first is named.
    """
    for error in _faults(value, ""):
        raise error


def _faults(value: Any, path: str) -> Iterator[RequestError]:
    if isinstance(value, str):
        yield from _halves(value, path)
    elif isinstance(value, float) and not isfinite(value):
        yield RequestError(f"{path or 'the body'} is too large for a number", path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _halves(name, path)
            yield from _faults(item, f"{path}.{name}" if path else name)


def _halves(text: str, path: str) -> Iterator[RequestError]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        words = f"{path or 'the body'} holds half a character at {error.start}: a surrogate without its other"
        yield RequestError(words, path)
