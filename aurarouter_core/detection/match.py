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
WHOLE = 7  # 1: one of them has no width, so that none of these is left out of a text
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


def matches(text: Text, s: bytes, n: int, p: Numbers) -> bool:
    """The pattern matches somewhere."""
    states = 0
    for i in range(n):
        c = s[i]
        here = p[ASCII + c] if c < 128 else readers(text, s, i, p)
        if states or here & p[FIRST]:
            states = entered(s, i, n, states, here, p)
            if states & p[FINAL] and (p[BOUND] & 2 == 0 or bounded(s, i + 1, n)):
                return True
    return False


def entered(s: bytes, i: int, n: int, states: int, here: int, p: Numbers) -> int:
    """The positions that are reached by reading the character at `i`, for which `here` are the readers."""
    fresh = here & p[FIRST]
    if fresh and p[BOUND] & 1 and not bounded(s, i, n):
        fresh = 0
    return fresh | (step(states, p, AHEAD) & here if states else 0)


def cover(text: Text, s: bytes, n: int, p: Numbers, ways: Numbers, out: Numbers) -> None:
    """Write down which characters belong to any match; matches that touch are one. `ways` has room for the text.

    A character belongs to a match where a position is reached from some beginning, and leads to some end.
    """
    states = 0
    for back in range(n):
        i = n - 1 - back
        here = readers(text, s, i, p)
        final = p[FINAL] if p[BOUND] & 2 == 0 or bounded(s, i + 1, n) else 0
        states = here & (final | step(states, p, BACK))
        ways[i] = states
    states = 0
    start = -1
    for i in range(n):
        states = entered(s, i, n, states, readers(text, s, i, p), p)
        if states & ways[i]:
            start = i if start < 0 else start
        elif start >= 0:
            note(start, i, out)
            start = -1
    if start >= 0:
        note(start, n, out)


def note(start: int, end: int, out: Numbers) -> None:
    """Write a match down while there is room."""
    count = out[COUNT]
    if count < out[ROOM]:
        out[FOUND + 3 * count] = 0
        out[FOUND + 3 * count + 1] = start
        out[FOUND + 3 * count + 2] = end
        out[COUNT] = count + 1
