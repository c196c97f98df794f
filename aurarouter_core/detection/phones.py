"""Phone numbers: digits with spaces, dashes, points, slashes and brackets between them."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    AMERICAN,
    CALLING,
    CUTS,
    DIGIT,
    HOPELESS,
    KIND,
    LASTS,
    LENT,
    NEAR,
    PHONE,
    SEVENTH,
    STRETCH,
    STRETCHED,
    WORDLY,
    Numbers,
    add,
)  # fmt: skip
from aurarouter_core.detection.context import called_behind, near

# What a byte is in a phone number: 0 its end, 1 a digit, 2 a sign, 3 one that Americans write.
PARTS: bytes = bytes([1 if KIND[c] & DIGIT else 3 if c in b"-)" else 2 if c in b" ./(" else 0 for c in range(256)])
# For each: how many signs that is, how many digits, and which bits it keeps of how many signs are in a row.
SIGNS_OF: bytes = bytes([0, 0, 1, 1])
DIGITS_OF: bytes = bytes([0, 1, 0, 0])
KEEPING: bytes = bytes([7, 0, 7, 7])
# … and what it is no part of, right before it: 2 not even with a plus.
JOINED: bytes = bytes([2 if KIND[c] & WORDLY or c in b"+" else 1 if c in b"-./#$" else 0 for c in range(256)])


def phone(s: bytes, start: int, n: int, out: Numbers) -> bool:
    """A number that people call, whose first digit stands at `start`."""
    sign = s[start - 1] if start else 0
    begin = start - 1 if sign in b"+(" else start
    if begin > 0 and JOINED[s[begin - 1]] > (1 if sign == 43 else 0):
        return False
    return (sign == 43 or hopeful(s, start, begin, n, out)) and dialled(s, start, begin, n, out)


def dialled(s: bytes, start: int, begin: int, n: int, out: Numbers) -> bool:
    """What begins with these digits, and with the plus or bracket at `begin`, has the length and the signs of one."""
    sign = s[begin]
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
        else:
            if part == 0 or signs == 3:
                break
            at += 1
            signs += 1
            if signs == 1:
                cuts = cuts * 100 + count if parts < 5 else 0
                dashes += part - 2
                parts += 1
    if count < 7 or count > 15 or (end < n and KIND[s[end]] & WORDLY):
        return False
    # A sign after the last digit is counted too.
    dashes = dashes if cuts in (306, 30610) and count == 10 and first > 49 and fourth > 49 else 0
    if dashes < 2 and (sign != 43 or count < 8 or first == 48):
        if parts > 5 or (first in b"12" and cuts // 100 in (4, 406)):
            return False  # too many pieces, or a date
        if not near(s, begin, end, n, PHONE, out):
            return False
    if near(s, begin, end, n, PHONE, out):  # so that the next row of a table needs no word
        out[NEAR + PHONE] = end
        out[LENT] = end
    add(out, PHONE, begin, end)
    return True


def hopeful(s: bytes, start: int, begin: int, n: int, out: Numbers) -> bool:
    """A number without a plus may begin here.

    All that begins in a stretch of digits and signs ends with it, so that the stretch is read once for all of them.
    """
    if start + 6 >= n or PARTS[s[start + 6]] == 0:
        return False  # too few digits
    if start < out[STRETCH] or start >= out[STRETCHED]:
        stretch(s, start, n, out)
    if start < out[HOPELESS] or start > out[SEVENTH]:
        return False
    if start == out[AMERICAN] and s[start] > 49:
        return True
    return near(s, begin, start, n, PHONE, out) or out[CALLING] > 0


def stretch(s: bytes, start: int, n: int, out: Numbers) -> None:
    """Read the digits and signs from here on, and note where numbers of a right length among them may begin."""
    at = start
    count = 0
    parts = 0
    signs = 0  # in a row
    while at < n:
        part = PARTS[s[at]]
        sign = SIGNS_OF[part]
        if part == 0 or signs + sign > 3:
            break
        # No branches, for nobody can guess what comes next. What is noted too early is written over.
        out[LASTS + (count & 15)] = at
        out[CUTS + (parts & 7)] = count
        parts += sign if signs == 0 else 0
        count += DIGITS_OF[part]
        signs = signs + sign & KEEPING[part]
        at += 1
    out[STRETCH] = start
    out[STRETCHED] = at
    out[SEVENTH] = -1
    if count < 7:
        return
    first = max(0, count - 15, out[CUTS + (parts - 6 & 7)] if parts > 5 else 0)
    out[HOPELESS] = out[LASTS + (first & 15)] if first < count else at
    at = out[LASTS + (count - 1 & 15)] + 1
    called_behind(s, at, n, out)
    if at == n or KIND[s[at]] & WORDLY == 0:
        out[SEVENTH] = out[LASTS + (count - 7 & 15)]
    out[AMERICAN] = out[LASTS + (count - 10 & 15)] if count > 9 and grouped_ten(count, parts, out) else -1


def grouped_ten(count: int, parts: int, out: Numbers) -> bool:
    """The last ten of so many digits stand in groups of three, three and four, perhaps with a sign behind them."""
    if parts and out[CUTS + (parts - 1 & 7)] == count:
        parts -= 1
    if parts < 2 or out[CUTS + (parts - 1 & 7)] != count - 4 or out[CUTS + (parts - 2 & 7)] != count - 7:
        return False
    return parts == 2 or out[CUTS + (parts - 3 & 7)] <= count - 10
