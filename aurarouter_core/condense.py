"""Makes long texts short, always in the same way: the beginning and the end stay, and the gap says what is gone."""

from __future__ import annotations

from collections.abc import Sequence

SHORTEST = 80
"""Characters below which nothing of a text is worth keeping."""


def condensed(text: str, size: int) -> str:
    """A text of at most `size` characters. Two thirds of it are the beginning; lines are kept whole where they fit."""
    if len(text) <= size:
        return text
    room = size - len(_gap(len(text)))
    if size < SHORTEST or room <= 0:
        return ""
    ahead = room * 2 // 3
    behind = len(text) - (room - ahead)
    head, tail = text[:ahead], text[behind:]
    cut = head.rfind("\n")
    if cut > ahead // 2:
        head = head[:cut]
    start = tail.find("\n") + 1
    if 0 < start < len(tail) // 2:
        tail = tail[start:]
    return f"{head}{_gap(len(text) - len(head) - len(tail))}{tail}"


def _gap(characters: int) -> str:
    return f"\n[… {characters} characters left out …]\n"


def together(texts: Sequence[str], size: int) -> list[str]:
    """The texts in at most `size` characters: the last as whole as it can be, the others with equal shares of the rest.

    With others before it, the last takes no more than two thirds.
    """
    if sum(map(len, texts)) <= size:
        return list(texts)
    *others, last = texts
    ends = condensed(last, size * 2 // 3 if others else size)
    shares: list[str] = []
    left = size - len(ends)
    for number, text in enumerate(reversed(others)):
        shares.append(condensed(text, max(0, left) // (len(others) - number)))
        left -= len(shares[-1])
    return [*reversed(shares), ends]
