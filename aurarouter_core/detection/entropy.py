"""How random a token looks: real keys are, words and placeholders are not."""

from __future__ import annotations

import math

from aurarouter_core.detection.codes import (
    CLOSE,
    COUNTS,
    DIGIT,
    HELD,
    KIND,
    LETTERS,
    LOWER,
    OPEN,
    SMALL,
    UPPER,
    Numbers,
)

# c * log2(c), sixteenths, for c up to 255: two bytes each. And how much more the next one is: a byte each.
_XLOGS = [round(16 * c * math.log2(c or 1)) for c in range(256)]
XLOG: bytes = b"".join(number.to_bytes(2, "little") for number in _XLOGS)
MORE: bytes = bytes(_XLOGS[c + 1] - _XLOGS[c] for c in range(255))
_EXAMPLES = "example your placeholder redacted replace changeme dummy 123456789 abcdefg"


def _examples() -> bytes:
    """For each two lower five bits, where the words begin that begin so; then these, each after its length, and a 0."""
    rows: dict[int, bytes] = {}
    for word in _EXAMPLES.split():
        key = 32 * (ord(word[0]) & 31) + (ord(word[1]) & 31)
        rows[key] = rows.get(key, b"") + bytes([len(word)]) + word.encode()
    index, made = bytearray(1024), b""
    for key, row in rows.items():
        index[key] = 1 + len(made)
        made += row + b"\0"
    return bytes(index) + made


EXAMPLES: bytes = _examples()


def random(s: bytes, start: int, end: int, least: int, out: Numbers) -> bool:
    """The characters hold at least so many sixteenths of a bit each.

    Tokens may stand in each other, so a window slides over them, and each character enters and leaves it once.
    """
    end = min(end, start + 255)
    left = out[OPEN]
    right = out[CLOSE]
    held = out[HELD]
    if start < left or start >= right or end < right:
        for i in range(left, right):
            out[COUNTS + (s[i] & 127)] = 0
        left = start
        right = start
        held = 0
    for i in range(left, start):
        c = COUNTS + (s[i] & 127)
        out[c] -= 1
        held -= MORE[out[c]]
    for i in range(right, end):
        c = COUNTS + (s[i] & 127)
        held += MORE[out[c]]
        out[c] += 1
    out[OPEN] = start
    out[CLOSE] = end
    out[HELD] = held
    k = end - start
    return XLOG[2 * k] + 256 * XLOG[2 * k + 1] - held >= least * k


def placeholder(s: bytes, start: int, end: int) -> int:
    """Where it stands for a key in an example: it says so, or repeats a character six times. -1 if it doesn't."""
    run = 0
    before = s[start]
    for i in range(start + 1, end):
        c = s[i]
        at = EXAMPLES[32 * (before & 31) + (c & 31)]
        if at and example(s, i - 1, end, at + 1023):
            return i - 1
        if c != before:
            run = 0
        elif run == 4:
            return i - 5
        else:
            run += 1
        before = c
    return -1


def example(s: bytes, i: int, end: int, at: int) -> bool:
    """One of the words of this row stands at `i`."""
    while EXAMPLES[at]:
        k = 0
        while k < EXAMPLES[at] and i + k < end and SMALL[s[i + k]] == EXAMPLES[at + 1 + k]:
            k += 1
        if k == EXAMPLES[at]:
            return True
        at += EXAMPLES[at] + 1
    return False


def kinds(s: bytes, start: int, end: int) -> int:
    """Which kinds of characters there are: 1 digits, 2 capitals, 4 small letters, 8 anything else."""
    seen = 0
    for i in range(start, end):
        kind = KIND[s[i]]
        seen |= 1 if kind & DIGIT else 2 if kind & UPPER else 4 if kind & LOWER else 0 if kind & LETTERS else 8
    return seen
