"""How random a token looks: real keys are, words are not."""

from __future__ import annotations

import math

from aurarouter_core.detection.codes import (
    CLOSE,
    COUNTS,
    DIGIT,
    HELD,
    KIND,
    LETTERS,
    OPEN,
    Numbers,
)

# c * log2(c), sixteenths, for c up to 255: two bytes each. And how much more the next one is: a byte each.
_XLOGS = [round(16 * c * math.log2(c or 1)) for c in range(256)]
XLOG: bytes = b"".join(number.to_bytes(2, "little") for number in _XLOGS)
MORE: bytes = bytes(_XLOGS[c + 1] - _XLOGS[c] for c in range(255))
# Kinds of characters, as `kinds` tells of them.
KINDS: bytes = bytes([KIND[c] & 7 if KIND[c] & (LETTERS | DIGIT) else 8 for c in range(256)])


def random(s: bytes, start: int, end: int, least: int, out: Numbers) -> bool:
    """The characters hold at least so many sixteenths of a bit each.

    Tokens may stand in each other, so a window slides over them, and each character enters and leaves it once.
    """
    end = min(end, start + 255)
    if start < out[OPEN] or start >= out[CLOSE] or end < out[CLOSE]:
        forget(s, out[OPEN], out[CLOSE], out)
        out[CLOSE] = start
        out[HELD] = 0
    else:
        held = out[HELD]
        for i in range(out[OPEN], start):
            c = COUNTS + (s[i] & 127)
            out[c] -= 1
            held -= MORE[out[c]]
        out[HELD] = held
    out[OPEN] = start
    k = end - start
    # With one character more they never hold less, but for what was rounded: less than a sixteenth for each in the end.
    while out[CLOSE] < end and whole(out[CLOSE] - start) - out[HELD] < (least + 1) * k:
        at = out[CLOSE]
        out[CLOSE] = min(end, at + 16)
        enter(s, at, out[CLOSE], out)
    return whole(out[CLOSE] - start) - out[HELD] >= least * k


def whole(k: int) -> int:
    """What `k` characters hold if they all are different, in sixteenths of a bit."""
    return XLOG[2 * k] + 256 * XLOG[2 * k + 1]


def forget(s: bytes, at: int, end: int, out: Numbers) -> None:
    """Set the counts of these characters to 0, four at a time."""
    while at + 4 <= end:
        out[COUNTS + (s[at] & 127)] = 0
        out[COUNTS + (s[at + 1] & 127)] = 0
        out[COUNTS + (s[at + 2] & 127)] = 0
        out[COUNTS + (s[at + 3] & 127)] = 0
        at += 4
    while at < end:
        out[COUNTS + (s[at] & 127)] = 0
        at += 1


def enter(s: bytes, at: int, end: int, out: Numbers) -> None:
    """Count these characters, two at a time."""
    held = out[HELD]
    for i in range(at, end - 1, 2):
        c = COUNTS + (s[i] & 127)
        count = out[c]
        out[c] = count + 1
        held += MORE[count]
        c = COUNTS + (s[i + 1] & 127)
        count = out[c]
        out[c] = count + 1
        held += MORE[count]
    if end - at & 1:
        c = COUNTS + (s[end - 1] & 127)
        held += MORE[out[c]]
        out[c] += 1
    out[HELD] = held


def kinds(s: bytes, start: int, end: int) -> int:
    """Which kinds of characters there are: 1 digits, 2 capitals, 4 small letters, 8 anything else."""
    seen = 0
    for i in range(start, end):
        seen |= KINDS[s[i]]
    return seen
