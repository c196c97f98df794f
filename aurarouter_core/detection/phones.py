"""Phone numbers: digits with spaces, dashes, points, slashes and brackets between them."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    CALLED,
    DIGIT,
    HOPELESS,
    KIND,
    NEAR,
    PHONE,
    SEVENTH,
    STRETCH,
    STRETCHED,
    TENTH,
    WORDLY,
    Numbers,
    add,
)  # fmt: skip
from aurarouter_core.detection.context import near

# What a byte is in a phone number: 0 its end, 1 a digit, 2 a sign, 3 nothing, 4 a sign that Americans write.
PARTS: bytes = bytes(
    [1 if KIND[c] & DIGIT else 4 if c in b"-)" else 2 if c in b" ./(" else 3 if c == 0x82 else 0 for c in range(256)]
)


def phone(s: bytes, start: int, n: int, out: Numbers) -> bool:
    """A number that people call, whose first digit stands at `start`."""
    sign = s[start - 1] if start else 0
    begin = start - 1 if sign in b"+(" else start
    if begin > 0 and (KIND[s[begin - 1]] & WORDLY or s[begin - 1] in b"+-./#$"):
        return False
    if sign != 43 and not hopeful(s, start, begin, n, out):
        return False
    at = start
    end = start
    count = 0
    first = s[start]  # digits that decide
    fourth = 48
    dashes = 0
    signs = 0  # in a row
    parts = 0
    cuts = 0  # how many digits come before each sign, two decimals each
    while at < n and count < 17:
        part = PARTS[s[at]]
        if part == 1:
            fourth = s[at] if count == 3 else fourth
            count -= at
            at += 1
            stop = min(n, 17 - count)
            while at < stop and PARTS[s[at]] == 1:
                at += 1
            count += at
            signs = 0
            end = at
        elif part == 3:
            at += 1
        else:
            if part == 0 or signs == 3:
                break
            at += 1
            signs += 1
            if signs == 1:
                cuts = cuts * 100 + count if parts < 5 else 0
                dashes += part >> 2
                parts += 1
    if count < 7 or count > 15 or (end < n and KIND[s[end]] & WORDLY):
        return False
    # A sign after the last digit is counted too.
    american = dashes if cuts in (306, 30610) and count == 10 and first > 49 and fourth > 49 else 0
    if american < 2 and (sign != 43 or count < 8 or first == 48):
        if parts > 5 or (first in b"12" and cuts // 100 in (4, 406)):
            return False  # too many pieces, or a date
        if not near(s, begin, end, n, PHONE, out):
            return False
    if out[NEAR + PHONE]:
        out[NEAR + PHONE] = end
    add(out, PHONE, begin, end)
    return True


def hopeful(s: bytes, start: int, begin: int, n: int, out: Numbers) -> bool:
    """A number without a plus may begin here.

    All that begins in a stretch of digits and signs ends with it, so that the stretch is read once for all of them.
    """
    if start < out[STRETCH] or start >= out[STRETCHED]:
        stretch(s, start, n, out)
    if start < out[HOPELESS] or start > out[SEVENTH]:
        return False
    # Without a word that says so, only American ones are numbers, which have ten digits.
    if start == out[TENTH] or (s[start] in b"12" and dated(s, start, out[STRETCHED])):
        return True
    return near(s, begin, out[CALLED], n, PHONE, out)


def stretch(s: bytes, start: int, n: int, out: Numbers) -> None:
    """Read the digits and signs from here on, and note where numbers of a right length among them may begin."""
    at = start
    signs = 0  # in a row
    while at < n:
        part = PARTS[s[at]]
        if part == 1:
            signs = 0
        elif part != 3:
            if part == 0 or signs == 3:
                break
            signs += 1
        at += 1
    out[STRETCH] = start
    out[STRETCHED] = at
    out[HOPELESS] = start
    out[SEVENTH] = -1
    out[TENTH] = -1
    out[CALLED] = at
    count = 0
    parts = 0
    signs = 0
    while at > start and count < 16 and parts < 6:
        at -= 1
        part = PARTS[s[at]]
        if part == 1:
            signs = 0
            count += 1
            if count == 1:
                out[CALLED] = at + 1
            elif count == 7:
                out[SEVENTH] = at
            elif count == 10:
                out[TENTH] = at
        elif part != 3:
            parts += 1 - signs
            signs = 1
    if count == 16 or parts == 6:
        out[HOPELESS] = at + 1
    if out[CALLED] < n and KIND[s[out[CALLED]]] & WORDLY:
        out[SEVENTH] = -1


def dated(s: bytes, start: int, stop: int) -> bool:
    """Four digits come before the first sign, as in a date whose year stands first."""
    count = 0
    while start < stop and count < 5 and PARTS[s[start]] & 1:
        count += 1 if PARTS[s[start]] == 1 else 0
        start += 1
    return count == 4
