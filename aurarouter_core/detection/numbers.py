"""Numbers: groups of digits with signs between them."""

from __future__ import annotations

from aurarouter_core.detection.addresses import ipv4, phone
from aurarouter_core.detection.codes import (
    DIGIT,
    DIGITS,
    GAP,
    GROUPS,
    KIND,
    LAST,
    LETTERS,
    LONGEST,
    MANY,
    PHONE,
    WORDLY,
    Numbers,
)  # fmt: skip
from aurarouter_core.detection.context import near
from aurarouter_core.detection.ids import leads_on, plain, shaped
from aurarouter_core.detection.lettered import british, lettered, with_letter


def number(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Read the number whose first digit stands at `i`, note what it is, and return where to go on."""
    end = i + 1
    if i and KIND[s[i - 1]] & WORDLY:
        while end < n and KIND[s[end]] & DIGIT:
            end += 1
        return lettered(s, i, end, n, out)
    if i >= 3 and s[i - 1] in b" -" and KIND[s[i - 2]] & KIND[s[i - 3]] & LETTERS:
        end = british(s, i - 3, i, n, out)
        if end:
            return end
    words = 0
    groups = gather(s, i, n, out)
    end = out[GROUPS + 4 * groups - 3]
    after = end
    while after < n and s[after] == 0x82:
        after += 1
    if after < n and (KIND[s[after]] & LETTERS or s[after] == 45):
        found = with_letter(s, after, n, groups, out)
        if found:
            return found
        if KIND[s[after]] & LETTERS:
            words = 1  # its last group belongs to a word
    at = 0
    while at < groups - words:
        if at == 0 or out[GROUPS + 4 * at + 3] == 32:
            at += window(s, at, groups - words, n, out)
        else:
            at += 1
    if groups < 9 or (groups < MANY and out[GROUPS + 4 * groups + 2] <= LONGEST - 20):
        return max(end, out[LAST])
    return max(out[GROUPS + (groups - 5) // 4 * 16], out[LAST])  # there is more, and what it is may begin here


def gather(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Write down the groups of digits from `i` on; returns how many."""
    groups = 0
    total = 0
    at = i
    sign = 0
    while True:
        entry = GROUPS + 4 * groups
        out[entry] = at
        out[entry + 2] = total
        out[entry + 3] = sign
        while at < n:
            c = s[at]
            if KIND[c] & DIGIT:
                if total < LONGEST:
                    out[DIGITS + total] = c - 48
                total += 1
            elif c != 0x82:
                break
            at += 1
        while s[at - 1] == 0x82:
            at -= 1
        out[entry + 1] = at
        groups += 1
        if groups == MANY or total > LONGEST - 20 or at + 1 >= n:
            break
        while s[at] == 0x82 and at + 2 < n:
            at += 1
        sign = s[at]
        if KIND[sign] & GAP == 0 or KIND[s[at + 1]] & DIGIT == 0:
            break
        at += 1
    out[GROUPS + 4 * groups + 2] = total
    return groups


def window(s: bytes, first: int, groups: int, n: int, out: Numbers) -> int:
    """Judge what begins with a group; returns how many groups that took."""
    entry = GROUPS + 4 * first
    start = out[entry]
    a = out[entry + 2]
    k = out[entry + 6] - a
    alone = 1 if first + 1 == groups or out[entry + 7] == 32 else 0
    if alone and k >= 9 and a + k <= LONGEST and plain(s, start, out[entry + 1], n, a, k, out):
        return 1
    shape = 0
    mixed = 0
    best = 0
    at = first
    while at < groups and at < first + 8:
        entry = GROUPS + 4 * at
        k = out[entry + 6] - out[entry + 2]
        if k > 9 or out[entry + 6] > LONGEST:
            break
        shape = shape * 10 + k
        if not leads_on(shape):
            break
        if at > first:
            mixed = mixed * 4 + (0 if out[entry + 3] == 32 else 1 if out[entry + 3] == 45 else 2)
        at += 1
        whole = 1 if at == groups or out[GROUPS + 4 * at + 3] == 32 else 0
        if whole and shape > 9 and shaped(s, start, out[entry + 1], n, a, shape, mixed, out):
            best = at - first
            break
    if best:
        return best
    if out[GROUPS + 4 * first + 6] > LONGEST:
        return 1
    at = ipv4(s, first, groups, n, out)
    if at < 0:
        return 4
    if at == 0 and called(s, first, groups, n, out) and phone(s, start, n, out):
        while first + at < groups and out[GROUPS + 4 * (first + at)] < out[LAST]:
            at += 1
    return max(1, at)


def called(s: bytes, first: int, groups: int, n: int, out: Numbers) -> bool:
    """There may be a phone number here: it is written like one, or a word says so."""
    entry = GROUPS + 4 * first
    if out[entry] and s[out[entry] - 1] in b"+(":
        return True
    if out[entry + 6] - out[entry + 2] == 3 and first + 2 < groups and out[entry + 7] == 45 and out[entry + 11] == 45:
        return True
    return near(s, out[entry], out[entry + 1], n, PHONE, out)
