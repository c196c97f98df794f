"""The scan in plain Python; the twin of `_speedups/private.pyx`, which compiles the same modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from aurarouter_core.detection import match, scan
from aurarouter_core.detection.codes import COUNT, FOUND, ROOM, Numbers
from aurarouter_core.detection.visible import Visible

__all__ = ["Pattern", "Scanner"]

Found = list[tuple[int, int, int]]  # rule, start, end
SMALLEST = 4  # no finding is shorter, and no two overlap


def check(name: str, value: object) -> None:
    """Raise the TypeError of a function that wants a str."""
    if not isinstance(value, str):
        raise TypeError(f"{name}() needs a str, not {type(value).__name__}")


def _run(work: Callable[[str, bytes, int, Numbers], None], text: str, most: int, spare: int, whole: bool) -> Found:
    room = most if most >= 0 else len(text) // SMALLEST + 1
    out = [0] * (FOUND + 3 * (room + spare))
    out[ROOM] = room
    seen = Visible(text, whole)
    work(seen.text, seen.data, len(seen.data), out)
    found = out[FOUND : FOUND + 3 * out[COUNT]]
    return [(found[k], *seen.stood(found[k + 1], found[k + 2])) for k in range(0, len(found), 3)]


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
