"""Runs a user's pattern over a text: one step for each character, whatever the pattern.

The pattern is a Glushkov automaton (`patterns.py` makes it): a position for each character that it may read, and the
set of positions that are reached as the bits of one number.
"""

from __future__ import annotations

from aurarouter_core.detection.codes import COUNT, FOUND, KIND, ROOM, WORDLY, Numbers
from aurarouter_core.detection.markers import Text

# Places in a program.
FIRST = 0  # positions where a match may begin
FINAL = 1  # where it may end
BOUND = 2  # 1: a word begins or ends before it, 2: after it
FOREIGNERS = 3  # + byte - 0x80: positions that read a letter, another character, one without width
EXTRAS = 6  # how many characters beyond ASCII are named
ASCII = 8  # + byte: positions that read it
AHEAD = 136  # + 256 * part + eight bits: positions that follow these
BACK = 2184  # the same backwards
NAMED = 4232  # characters beyond ASCII: the point, the positions


def readers(text: Text, s: bytes, i: int, p: Numbers) -> int:
    """The positions that read the character at `i`."""
    c = s[i]
    if c < 128:
        return p[ASCII + c]
    here = p[FOREIGNERS + c - 128] if c < 131 else 0
    if p[EXTRAS]:
        code = raw(text, i)
        low = 0
        high = p[EXTRAS]
        while low < high:
            middle = (low + high) // 2
            if p[NAMED + 2 * middle] < code:
                low = middle + 1
            else:
                high = middle
        if low < p[EXTRAS] and p[NAMED + 2 * low] == code:
            here |= p[NAMED + 2 * low + 1]
    return here


def raw(text: Text, i: int) -> int:
    """The character at `i`, as it is."""
    return ord(text[i])


def step(states: int, p: Numbers, table: int) -> int:
    """Where the positions lead."""
    there = 0
    while states:
        there |= p[table + (states & 255)]
        states >>= 8
        table += 256
    return there


def bounded(s: bytes, i: int, n: int) -> bool:
    """A word begins or ends before `i`."""
    before = KIND[s[i - 1]] & WORDLY if i else 0
    after = KIND[s[i]] & WORDLY if i < n else 0
    return (before > 0) != (after > 0)


def match(text: Text, s: bytes, n: int, p: Numbers, out: Numbers) -> None:
    """Write down where the pattern matches; matches that touch are one."""
    states = 0
    start = 0
    last = -1
    for i in range(n):
        c = s[i]
        here = p[ASCII + c] if c < 128 else readers(text, s, i, p)
        if states == 0 and here & p[FIRST] == 0:
            continue
        states = step(states, p, AHEAD) & here if states else 0
        if here & p[FIRST] and (p[BOUND] & 1 == 0 or bounded(s, i, n)):
            states |= here & p[FIRST]
        if states & p[FINAL] and (p[BOUND] & 2 == 0 or bounded(s, i + 1, n)):
            if last < i - 1 or last < 0:
                begin = origin(text, s, i, last + 1, n, p)
                if begin > last + 1 or last < 0:
                    if last >= 0:
                        note(start, last + 1, out)
                    start = begin
            last = i
    if last >= 0:
        note(start, last + 1, out)


def origin(text: Text, s: bytes, end: int, least: int, n: int, p: Numbers) -> int:
    """Where the longest match that ends here begins, not before `least`."""
    at = end
    states = readers(text, s, at, p) & p[FINAL]
    start = at
    while True:
        if states & p[FIRST] and (p[BOUND] & 1 == 0 or bounded(s, at, n)):
            start = at
        if at == least:
            return least if states else start
        at -= 1
        states = step(states, p, BACK) & readers(text, s, at, p)
        if states == 0:
            return start


def note(start: int, end: int, out: Numbers) -> None:
    """Write a match down while there is room."""
    count = out[COUNT]
    if count < out[ROOM]:
        out[FOUND + 3 * count] = 0
        out[FOUND + 3 * count + 1] = start
        out[FOUND + 3 * count + 2] = end
    out[COUNT] = min(count + 1, out[ROOM])
