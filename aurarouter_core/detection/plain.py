"""The scan in plain Python; the twin of `_speedups/private.pyx`, which compiles the same modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from aurarouter_core.detection import match, scan
from aurarouter_core.detection.alphabet import NOTHING, folded
from aurarouter_core.detection.codes import COUNT, FOUND, ROOM, Numbers
from aurarouter_core.detection.invisible import parted

__all__ = ["Pattern", "Scanner"]

Found = list[tuple[int, int, int]]  # rule, start, end
SMALLEST = 4  # no finding is shorter, and no two overlap


class _Bytes(dict[int, int]):
    def __missing__(self, point: int) -> int:
        self[point] = folded(point)
        return self[point]


_BYTES = _Bytes()


def check(name: str, value: object) -> None:
    """Raise the TypeError of a function that wants a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name}() needs a str, not {type(value).__name__}")


def _bytes(text: str) -> bytes:
    # A dictionary that maps to numbers below 256 gives characters that Latin-1 writes as one byte each.
    return text.encode() if text.isascii() else text.translate(_BYTES).encode("latin-1")


def _seen(data: bytes) -> list[int]:
    """The places of what is looked at: all but those without width, unless they part a number from a word."""
    places: list[int] = []
    for at, byte in enumerate(data):
        behind = data[at + 1] if at + 1 < len(data) else 0
        if byte != NOTHING or (behind != NOTHING and places and parted(data[places[-1]], behind)):
            places.append(at)
    return places


def _run(work: Callable[[str, bytes, int, Numbers], None], text: str, most: int, spare: int, whole: bool) -> Found:
    room = most if most >= 0 else len(text) // SMALLEST + 1
    out = [0] * (FOUND + 3 * (room + spare))
    out[ROOM] = room
    data = _bytes(text)
    places: Sequence[int] = range(len(data)) if whole or NOTHING not in data else _seen(data)
    if len(places) < len(data):
        text, data = "".join([text[at] for at in places]), bytes([data[at] for at in places])
    work(text, data, len(data), out)
    found = out[FOUND : FOUND + 3 * out[COUNT]]
    starts, ends = [places[start] for start in found[1::3]], [places[end - 1] + 1 for end in found[2::3]]
    return list(zip(found[::3], starts, ends, strict=True))


class Scanner:
    """Finds what the built-in rules are about.

    Args:
        plane: Gives the bytes of the basic plane's characters; asked once, when a text needs it.
        marks: The headings, as `phrases.marks_of` makes them.
    """

    def __init__(self, plane: Callable[[], bytes], marks: Sequence[int]) -> None:
        self._marks = list(marks)

    def scan(self, text: str, most: int = -1) -> Found:
        """Every finding as (rule, start, end), in order.

        Args:
            text: Looked at to its last character.
            most: After so many, only the first of each rule is told; below 0 for all.
        """
        check("scan", text)
        return _run(partial(_scan, self._marks), text, most, 32, False)


def _scan(marks: Numbers, text: str, data: bytes, n: int, out: Numbers) -> None:
    scan.scan(text, data, n, marks, out)


class Pattern:
    """Finds what one pattern of the user's matches.

    Args:
        plane: As for `Scanner`.
        program: The automaton, as `patterns.program` makes it.
    """

    def __init__(self, plane: Callable[[], bytes], program: Sequence[int]) -> None:
        self._program = list(program)

    def scan(self, text: str, most: int = -1) -> Found:
        """Every match as (0, start, end), in order; matches that touch are one. `most` as for `Scanner`."""
        check("scan", text)
        most = most if most >= 0 else len(text)
        return _run(partial(_match, self._program), text, most, 0, self._program[match.WHOLE] == 1)


def _match(program: Numbers, text: str, data: bytes, n: int, out: Numbers) -> None:
    if match.matches(text, data, n, program):
        match.cover(text, data, n, program, [0] * n, out)
