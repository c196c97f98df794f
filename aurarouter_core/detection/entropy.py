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
_STRIDE = 3  # no such word is shorter than four letters: of three neighbours one stands on its first three
_EXAMPLES = "example your placeholder redacted replace changeme dummy 123456789 abcdefg"


def _examples() -> bytes:
    """Where the row of each two lower five bits is; then the words, each after its length; then the rows.

    A row says of the second, third and fourth letter of a word with the one before it which word that is, and how many
    letters come before the two; a 0 ends it. Of two that are alike there always is one: six of them are no key either.
    """
    rows: dict[int, bytes] = {33 * c: b"" for c in range(32)}
    words = b""
    for word in _EXAMPLES.split():
        for before in range(_STRIDE):
            key = 32 * (ord(word[before]) & 31) + (ord(word[before + 1]) & 31)
            rows[key] = rows.get(key, b"") + bytes([1 + len(words), before])
        words += bytes([len(word)]) + word.encode()
    index, made = bytearray(1024), words
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
    enter(s, out[CLOSE], end, out)
    out[OPEN] = start
    out[CLOSE] = end
    k = end - start
    return XLOG[2 * k] + 256 * XLOG[2 * k + 1] - out[HELD] >= least * k


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
    while at + 2 <= end:
        c = COUNTS + (s[at] & 127)
        held += MORE[out[c]]
        out[c] += 1
        c = COUNTS + (s[at + 1] & 127)
        held += MORE[out[c]]
        out[c] += 1
        at += 2
    if at < end:
        c = COUNTS + (s[at] & 127)
        held += MORE[out[c]]
        out[c] += 1
    out[HELD] = held


def placeholder(s: bytes, start: int, end: int) -> int:
    """Where it stands for a key in an example: it says so, or repeats a character six times. -1 if it doesn't."""
    at = start
    while at + 1 < end:
        row = EXAMPLES[32 * (s[at] & 31) + (s[at + 1] & 31)]
        if row:
            found = example(s, start, at, end, row + 1023)
            if found >= 0:
                return found
        at += 3
    return -1


def example(s: bytes, start: int, at: int, end: int, row: int) -> int:
    """Where around `at` six alike stand, or one of the words of this row; -1 for nowhere."""
    if s[at] == s[at + 1]:
        first = at
        while first > start and s[first - 1] == s[at]:
            first -= 1
        last = at + 1
        while last < first + 5 and last + 1 < end and s[last + 1] == s[at]:
            last += 1
        if last == first + 5:
            return first
    while EXAMPLES[row]:
        word = 1023 + EXAMPLES[row]
        first = at - EXAMPLES[row + 1]
        if first >= start and first + EXAMPLES[word] <= end:
            k = 0
            while k < EXAMPLES[word] and SMALL[s[first + k]] == EXAMPLES[word + 1 + k]:
                k += 1
            if k == EXAMPLES[word]:
                return first
        row += 2
    return -1


def kinds(s: bytes, start: int, end: int) -> int:
    """Which kinds of characters there are: 1 digits, 2 capitals, 4 small letters, 8 anything else."""
    seen = 0
    for i in range(start, end):
        kind = KIND[s[i]]
        seen |= 1 if kind & DIGIT else 2 if kind & UPPER else 4 if kind & LOWER else 0 if kind & LETTERS else 8
    return seen
