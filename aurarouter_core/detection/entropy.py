"""How random a token looks: real keys are, words and placeholders are not."""

from __future__ import annotations

import math

from aurarouter_core.detection.codes import COUNTS, DIGIT, KIND, LETTERS, LOWER, UPPER, Numbers, same

# c * log2(c), sixteenths, for c up to 255; two bytes each.
XLOG: bytes = b"".join(round(16 * c * math.log2(c or 1)).to_bytes(2, "little") for c in range(256))


def random(s: bytes, start: int, end: int, least: int, out: Numbers) -> bool:
    """The characters hold at least so many sixteenths of a bit each."""
    k = min(end - start, 255)
    for i in range(start, start + k):
        out[COUNTS + (s[i] & 127)] = 0
    for i in range(start, start + k):
        out[COUNTS + (s[i] & 127)] += 1
    bits = XLOG[2 * k] + 256 * XLOG[2 * k + 1]
    for i in range(start, start + k):
        c = out[COUNTS + (s[i] & 127)]
        if c:
            bits -= XLOG[2 * c] + 256 * XLOG[2 * c + 1]
            out[COUNTS + (s[i] & 127)] = 0
    return bits >= least * k


def placeholder(s: bytes, start: int, end: int) -> bool:
    """It stands for a key in an example: it says so, or repeats a character six times."""
    run = 0
    for i in range(start, end):
        run = run + 1 if i > start and s[i] == s[i - 1] else 0
        if run == 5:
            return True
        c = s[i] | 32
        if c == 101 and same(s, i, end, b"example", 7):
            return True
        if c == 121 and same(s, i, end, b"your", 4):
            return True
        if c == 112 and same(s, i, end, b"placeholder", 11):
            return True
        if c == 114 and (same(s, i, end, b"redacted", 8) or same(s, i, end, b"replace", 7)):
            return True
        if c == 99 and same(s, i, end, b"changeme", 8):
            return True
        if c == 100 and same(s, i, end, b"dummy", 5):
            return True
        if c == 49 and same(s, i, end, b"123456789", 9):
            return True
        if c == 97 and same(s, i, end, b"abcdefg", 7):
            return True
    return False


def kinds(s: bytes, start: int, end: int) -> int:
    """Which kinds of characters there are: 1 digits, 2 capitals, 4 small letters, 8 anything else."""
    seen = 0
    for i in range(start, end):
        kind = KIND[s[i]]
        seen |= 1 if kind & DIGIT else 2 if kind & UPPER else 4 if kind & LOWER else 0 if kind & LETTERS else 8
    return seen
