"""A text as it is seen, for what doesn't read the scan's alphabet: without characters of no width (`invisible`)."""

from __future__ import annotations

import re
from bisect import bisect_right

from aurarouter_core.detection.alphabet import INVISIBLE, folded
from aurarouter_core.detection.invisible import parted

_RUN = re.compile("[" + "".join(map(chr, sorted(INVISIBLE))) + "]+")


class Seen:
    """What is left of a text, and where it stood.

    Args:
        text: The text.
        whole: Leave nothing out.

    Attributes:
        text: What is left; one character stays of those that part a number from a word.
    """

    __slots__ = ("_ends", "_gone", "text")

    def __init__(self, text: str, whole: bool) -> None:
        self.text = text
        self._ends: list[int] = []  # where something is missing in what is left …
        self._gone = [0]  # … and how much up to there
        if whole or text.isascii() or _RUN.search(text) is None:
            return
        pieces, last, gone = [], 0, 0
        for run in _RUN.finditer(text):
            start, end = run.span()
            if start and end < len(text) and parted(folded(ord(text[start - 1])), folded(ord(text[end]))):
                end -= 1  # the last of them stays
            if start < end:
                pieces.append(text[last:start])
                gone += end - start
                last = end
                self._ends.append(end - gone)
                self._gone.append(gone)
        self.text = "".join((*pieces, text[last:]))

    def stood(self, start: int, end: int) -> tuple[int, int]:
        """Where these characters of what is left stood, from the first to behind the last of them."""
        return self._at(start), self._at(end - 1) + 1

    def _at(self, place: int) -> int:
        return place + self._gone[bisect_right(self._ends, place)]


def names_any(pattern: str) -> bool:
    """The pattern has a character without width in it: it is about the text as it is."""
    return _RUN.search(pattern) is not None
