"""Numbers with letters at one end, of which the letters are a part."""

from __future__ import annotations

from aurarouter_core.detection.accounts import iban
from aurarouter_core.detection.checks import DNI, chinese, finnish, fiscal, value
from aurarouter_core.detection.codes import (
    ALPHANUMERIC,
    CN_ID,
    DIGIT,
    DIGITS,
    ES_DNI,
    FI_HETU,
    GROUPS,
    IT_CODICE,
    KIND,
    LETTERS,
    LONGEST,
    UK_NINO,
    WORDLY,
    Numbers,
    add,
)  # fmt: skip
from aurarouter_core.detection.context import near

# Letters that a national insurance number may begin with: 1 as the first, 2 as the second, 4 not with some others.
BEGINS: bytes = bytes(
    [
        (c not in b"DFIQUV") + 2 * (c not in b"DFIOQUV") + 4 * (c in b"BGKNT") if c <= 90 else 0
        for c in [c & 0xDF for c in range(256)]
    ]
)


def with_letter(s: bytes, end: int, n: int, groups: int, out: Numbers) -> int:
    """Judge a number whose last character is a letter: where it ends, or 0."""
    entry = GROUPS + 4 * groups - 4
    a = out[entry + 2]
    k = out[entry + 6] - a
    start = out[entry]
    joined = 1 if start and s[start - 1] in b"._-/" else 0
    if a + k > LONGEST or (joined and k not in (7, 17) and (k != 3 or groups == 1)):
        return 0
    dashed = 1 if s[end] == 45 else 0
    after = end + 1 + dashed
    ends = 1 if after == n or (after < n and KIND[s[after]] & WORDLY == 0) else 0
    if ends and k == 8 and s[after - 1] == DNI[value(out, a, 8) % 23]:
        return add(out, ES_DNI, start, after)
    if ends and k == 7 and start > 1 and s[start - 1] == 45 and s[start - 2] in b"XYZ":
        foreigner = (s[start - 2] - 88) * 10000000 + value(out, a, 7)
        return add(out, ES_DNI, start - 2, after) if s[after - 1] == DNI[foreigner % 23] else 0
    if dashed:
        return 0
    if ends and k == 17 and s[end] in b"Xx" and chinese(out, a, s[end]):
        return add(out, CN_ID, start, after)
    if ends and k == 3 and groups > 1 and a >= 6 and a - out[entry - 2] == 6 and out[entry + 3] == 45:
        return add(out, FI_HETU, out[entry - 4], after) if finnish(out, a - 6, s[end]) else 0
    if k == 6 and s[end] in b"ABCDEFYXWVU" and end + 4 < n and (end + 5 == n or KIND[s[end + 5]] & WORDLY == 0):
        for at in range(3):
            if KIND[s[end + 1 + at]] & DIGIT == 0:
                return 0
            out[DIGITS + a + 6 + at] = s[end + 1 + at] - 48
        return add(out, FI_HETU, start, end + 5) if finnish(out, a, s[end + 4]) else 0
    return 0


def lettered(s: bytes, i: int, end: int, n: int, out: Numbers) -> int:
    """Judge digits that come right after letters; returns where to go on."""
    k = end - i
    if i >= 2 and (i == 2 or KIND[s[i - 3]] & ALPHANUMERIC == 0) and KIND[s[i - 2]] & LETTERS and k >= 2:
        found = iban(s, i, n, out)
        if found:
            return found
        found = british(s, i - 2, i, n, out)
        if found:
            return found
    if k == 2 and i >= 6 and KIND[s[i - 3]] & LETTERS and fiscal(s, i - 6, n):
        return add(out, IT_CODICE, i - 6, i + 10)
    if k == 7 and s[i - 1] in b"XYZ" and (i == 1 or KIND[s[i - 2]] & WORDLY == 0) and end < n:
        total = s[i - 1] - 88
        for at in range(i, end):
            total = total * 10 + s[at] - 48
        if s[end] == 45:
            end += 1
        if end < n and s[end] == DNI[total % 23] and (end + 1 == n or KIND[s[end + 1]] & WORDLY == 0):
            return add(out, ES_DNI, i - 1, end + 1)
    return end


def unissued(a: int, b: int) -> bool:
    """No national insurance number begins with these two capitals."""
    return (a == 66 and b == 71) or (a == 71 and b == 66) or (a == 78 and b in b"KT") or (a in b"KT" and b == 78)


def british(s: bytes, start: int, i: int, n: int, out: Numbers) -> int:
    """A national insurance number: two letters at `start`, six digits from `i` on, a letter. Its end, or 0."""
    if start and KIND[s[start - 1]] & WORDLY:
        return 0
    if BEGINS[s[start]] & 1 == 0 or BEGINS[s[start + 1]] & 2 == 0:
        return 0
    if BEGINS[s[start]] & BEGINS[s[start + 1]] & 4 and unissued(s[start] & 0xDF, s[start + 1] & 0xDF):
        return 0
    at = i
    count = 0
    while at < n and count < 6:
        if KIND[s[at]] & DIGIT:
            count += 1
        elif s[at] not in b" -":
            return 0
        at += 1
    if at < n and s[at] == 32:
        at += 1
    if count < 6 or at >= n or s[at] not in b"ABCDabcd" or (at + 1 < n and KIND[s[at + 1]] & WORDLY):
        return 0
    return add(out, UK_NINO, start, at + 1) if near(s, start, at + 1, n, UK_NINO, out) else 0
