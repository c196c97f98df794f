"""A text as it is scanned in plain Python: a byte for each character, but for those without width (`invisible`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aurarouter_core.detection.alphabet import NOTHING, folded
from aurarouter_core.detection.invisible import parted

_SEEN = re.compile(b"[^%c]+" % NOTHING, re.DOTALL)


class _Bytes(dict[int, int]):
    def __missing__(self, point: int) -> int:
        self[point] = folded(point)
        return self[point]


_BYTES = _Bytes()


class Visible:
    """What is looked at of a text.

    Args:
        text: The text.
        whole: Leave nothing out.

    Attributes:
        text: What is left of it.
        data: The bytes of what is left.
    """

    __slots__ = ("_places", "data", "text")

    def __init__(self, text: str, whole: bool) -> None:
        # A dictionary that maps to numbers below 256 gives characters that Latin-1 writes as one byte each.
        data = text.encode() if text.isascii() else text.translate(_BYTES).encode("latin-1")
        self._places: Sequence[int] = range(len(data))
        if not whole and NOTHING in data:
            self._places = _left(data)
            text, data = "".join([text[at] for at in self._places]), bytes([data[at] for at in self._places])
        self.text, self.data = text, data

    def stood(self, start: int, end: int) -> tuple[int, int]:
        """Where these characters of what is left stood in the text, from the first to behind the last of them."""
        return self._places[start], self._places[end - 1] + 1


def _left(data: bytes) -> list[int]:
    """The places of what is looked at: all but those without width, unless they part a number from a word."""
    pieces = [piece.span() for piece in _SEEN.finditer(data)]
    seen = b"".join([data[start:end] for start, end in pieces])
    places: list[int] = []
    at = 0
    for start, end in pieces:
        if at and parted(seen, at, len(seen)):
            places.append(start - 1)
        at += end - start
        places += range(start, end)
    return places
