"""The tables of an automaton: which positions of a pattern a character leads to, asked for eight of them together."""

from __future__ import annotations

from collections.abc import Sequence

from aurarouter_core.detection.alphabet import LETTER, NOTHING, OTHER, folded


def tables(sets: Sequence[frozenset[int]], follow: Sequence[int]) -> list[int]:
    """What `match.py` reads.

    Args:
        sets: For each position, the characters that it reads, as in `patterns.Set`.
        follow: … and which positions may come next, a bit for each.
    """
    reads: dict[int, int] = {}
    for position, characters in enumerate(sets):
        for item in characters:
            reads[item] = reads.get(item, 0) | 1 << position
    before = [0] * len(follow)
    for position, after in enumerate(follow):
        for other in range(len(before)):
            if after >> other & 1:
                before[other] |= 1 << position
    # A letter that is named is read besides by the sets that hold all letters of its kind: `match.readers` adds them.
    extras = sorted(item for item in reads if item > 255)
    return [
        *(reads.get(kind, 0) for kind in (LETTER, OTHER, NOTHING)),
        len(extras),
        int(any(folded(item - 256) == NOTHING for item in extras)),
        *(reads.get(byte, 0) for byte in range(128)),
        *_steps(follow),
        *_steps(before),
        *(number for item in extras for number in (item - 256, reads[item])),
    ]


def _steps(follow: Sequence[int]) -> list[int]:
    """For each eight positions and each set of them: all that follow."""
    table = []
    for part in range(0, 64, 8):
        row = [0]
        for bits in range(1, 256):
            low = (bits & -bits).bit_length() - 1
            row.append(row[bits & (bits - 1)] | (follow[part + low] if part + low < len(follow) else 0))
        table += row
    return table
