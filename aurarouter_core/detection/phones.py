"""Phone numbers: digits with spaces, dashes, points, slashes and brackets between them."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    DIGIT,
    HOPELESS,
    KIND,
    NEAR,
    PHONE,
    REACH,
    SIXTH,
    STRETCH,
    STRETCHED,
    UNNAMED,
    UNNAMED_TO,
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
    if sign != 43 and out[STRETCH] <= start < out[HOPELESS]:
        return False
    if sign != 43 and out[UNNAMED] <= start < out[UNNAMED_TO] and unnamed(s, start, begin, n, out):
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
                if parts == 5 and sign != 43:
                    if start >= out[STRETCHED]:
                        crowded(s, start, n, out)
                    return False  # too many pieces, unless it's an international one
                cuts = cuts * 100 + count if parts < 5 else 0
                dashes += part >> 2
                parts += 1
    if count > 15:
        return False
    if count < 7 or (end < n and KIND[s[end]] & WORDLY):
        out[STRETCH] = start
        out[STRETCHED] = at
        out[HOPELESS] = at
        return False  # nor does anything that begins later
    # A sign after the last digit is counted too.
    american = dashes if cuts in (306, 30610) and count == 10 and first > 49 and fourth > 49 else 0
    if american < 2 and (sign != 43 or count < 8 or first == 48):
        if parts > 5 or (first in b"12" and cuts // 100 in (4, 406)):
            return False  # too many pieces, or a date
        if not near(s, begin, end, n, PHONE, out):
            out[UNNAMED] = start
            out[UNNAMED_TO] = at
            return False
    if out[NEAR + PHONE]:
        out[NEAR + PHONE] = end
    add(out, PHONE, begin, end)
    return True


def unnamed(s: bytes, start: int, begin: int, n: int, out: Numbers) -> bool:
    """A number that would end where the one before it did, of which no word said that it's one, is none either.

    Only American ones need no word, and these have no sign among their first three digits.
    """
    if start + 2 >= n or out[NEAR + PHONE] > max(begin - REACH, 0):
        return False
    return PARTS[s[start + 1]] in (2, 4) or PARTS[s[start + 2]] in (2, 4)


def crowded(s: bytes, start: int, n: int, out: Numbers) -> None:
    """Note up to where more signs follow than a phone number without a plus has.

    All that begins in a stretch of digits and signs ends with it, so that where its last six signs stand says it of
    each beginning. Several signs in a row are one.
    """
    at = start
    signs = 0  # in a row
    place = 0
    while at < n:
        part = PARTS[s[at]]
        if part == 1:
            signs = 0
        elif part != 3:
            if part == 0 or signs == 3:
                break
            if signs == 0:
                out[SIXTH + place] = at
                place = place + 1 if place < 5 else 0
            signs += 1
        at += 1
    out[STRETCH] = start
    out[STRETCHED] = at
    out[HOPELESS] = out[SIXTH + place]
