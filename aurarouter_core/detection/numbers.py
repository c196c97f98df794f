"""Numbers: groups of digits with signs between them."""

from __future__ import annotations

from aurarouter_core.detection.addresses import ipv4
from aurarouter_core.detection.cards import card
from aurarouter_core.detection.codes import (
    ALPHANUMERIC,
    CARD,
    DIGIT,
    DIGITS,
    FOURS,
    GAP,
    GROUPS,
    KIND,
    LAST,
    LATEST,
    LETTERS,
    LONGEST,
    LOOSE,
    MANY,
    PHONE,
    RUN,
    RUN_LAST,
    SKEWED,
    WORDLY,
    Numbers,
    loose,
    told,
)  # fmt: skip
from aurarouter_core.detection.context import near
from aurarouter_core.detection.ids import LEADS, noted, plain, several, valid
from aurarouter_core.detection.lettered import british, lettered, with_letter
from aurarouter_core.detection.phones import PARTS, phone


def number(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Read the number whose first digit stands at `i`, note what it is, and return where to go on."""
    end = i + 1
    if i and KIND[s[i - 1]] & ALPHANUMERIC:
        while end < n and KIND[s[end]] & DIGIT:
            end += 1
        return lettered(s, i, end, n, out)
    if i >= 3 and s[i - 1] in b" -" and KIND[s[i - 2]] & KIND[s[i - 3]] & LETTERS:
        found = british(s, i - 3, i, n, out)
        if found:
            return found
    while end < n and end < i + 7 and KIND[s[end]] & DIGIT:
        end += 1
    ends = small(s, i, end, n)
    if ends:
        end = ends
        if i and s[i - 1] in b"+(" and end < n and PARTS[s[end]] and not told(out, PHONE):
            phone(s, i, n, out)
        return max(end, out[LAST])
    if end < i + 6 and end < n and KIND[s[end]] & LETTERS:
        return max(end, out[LAST])  # a word that begins with a few digits, such as 2nd
    return grouped(s, i, n, out)


def small(s: bytes, i: int, end: int, n: int) -> int:
    """Where a number ends that has at most six digits in one group, which ends at `end`, or in two; 0 for others."""
    if end < i + 7 and lone(s, end, n):
        return end
    if end > i + 5 or end == n or KIND[s[end]] & GAP == 0:
        return 0
    end += 2
    while end < n and end < i + 8 and KIND[s[end]] & DIGIT:
        end += 1
    return end if end < i + 8 and lone(s, end, n) else 0


def lone(s: bytes, end: int, n: int) -> bool:
    """The number of at most six digits that ends here has no group more, and no letter behind it."""
    if end == n:
        return True
    c = s[end]
    if KIND[c] & GAP:
        return end + 1 == n or KIND[s[end + 1]] & DIGIT == 0
    return KIND[c] & LETTERS == 0 and c != 0x82


def grouped(s: bytes, i: int, n: int, out: Numbers) -> int:
    """Judge the groups of digits from `i` on; returns where to go on.

    What begins with the last groups may go on behind those that the notes have room for. These few are kept, and judged
    again beside what follows, unless there was nothing and nothing can have changed.
    """
    groups = gather(s, i, n, 0, out)
    judged = 0
    latest = out[LATEST]
    while True:
        end = out[GROUPS + 4 * groups - 3]
        before = out[LATEST]
        after = end + 1 if end < n and s[end] == 0x82 else end
        words = 0
        k = out[GROUPS + 4 * groups + 2] - out[GROUPS + 4 * groups - 2]
        if after < n and (KIND[s[after]] & LETTERS or (s[after] == 45 and 7 <= k <= 8)):
            found = with_letter(s, after, n, groups, out)
            if found:
                return found
            if KIND[s[end]] & LETTERS:
                words = 1  # its last group belongs to a word
        if out[LATEST] != latest:
            judged = 0
        out[SKEWED] = 0
        out[LOOSE] = groups
        steady = 1
        at = 0
        while at < groups - words:
            if at and (at < judged or not begins(at, out)):
                at += 1
                continue
            taken = window(s, at, groups - words, n, out)
            steady = steady if taken == 1 else 0
            at += taken
        if groups < 9 or (groups < MANY and out[GROUPS + 4 * groups + 2] <= LONGEST - 20):
            return max(end, out[LAST])
        first = (groups - 5) // 4 * 4
        if out[LAST] > out[GROUPS + 4 * first]:
            return out[LAST]
        judged = out[LOOSE] - first if steady and out[SKEWED] == 0 else 0
        latest = before
        groups = gather(s, end, n, keep(out, first, groups), out)


def begins(group: int, out: Numbers) -> bool:
    """A number may begin with this group, though not the first: behind a space, or as long as cards behind a slash."""
    entry = GROUPS + 4 * group
    return out[entry + 3] == 32 or (out[entry + 3] == 47 and out[entry + 6] - out[entry + 2] > 12)


def keep(out: Numbers, first: int, groups: int) -> int:
    """Forget the groups before this one; returns how many are left."""
    a = out[GROUPS + 4 * first + 2]
    for at in range(out[GROUPS + 4 * groups + 2] - a if out[GROUPS + 4 * groups + 2] < LONGEST else LONGEST - a):
        out[DIGITS + at] = out[DIGITS + a + at]
    for at in range(groups - first + 1):
        entry = GROUPS + 4 * at
        out[entry] = out[entry + 4 * first]
        out[entry + 1] = out[entry + 4 * first + 1]
        out[entry + 2] = out[entry + 4 * first + 2] - a
        out[entry + 3] = out[entry + 4 * first + 3]
        count_fours(at, out)
    return groups - first


def count_fours(group: int, out: Numbers) -> None:
    """Note how many groups of four digits stand in a row before this one."""
    entry = GROUPS + 4 * group
    out[FOURS + group] = out[FOURS + group - 1] + 1 if group and out[entry + 2] - out[entry - 2] == 4 else 0


def gather(s: bytes, at: int, n: int, groups: int, out: Numbers) -> int:
    """Write down the groups of digits from `at` on, behind those that are there; returns how many there are then."""
    total = 0
    sign = 0
    if groups:
        total = out[GROUPS + 4 * groups + 2]
    else:
        out[RUN] = at
    while True:
        if groups:
            if groups == MANY or total > LONGEST - 20 or at + 1 >= n:
                break
            sign = s[at]
            if KIND[sign] & GAP == 0 or KIND[s[at + 1]] & DIGIT == 0:
                break
            at += 1
        entry = GROUPS + 4 * groups
        out[entry] = at
        out[entry + 2] = total
        out[entry + 3] = sign
        count_fours(groups, out)
        total -= at
        stop = min(n, LONGEST - total)
        while at < stop and KIND[s[at]] & DIGIT:
            out[DIGITS + total + at] = s[at] - 48
            at += 1
        if at == stop:  # more than the notes have room for
            while at < n and KIND[s[at]] & DIGIT:
                at += 1
        total += at
        out[entry + 1] = at
        groups += 1
    out[GROUPS + 4 * groups + 2] = total
    out[RUN_LAST] = out[GROUPS + 4 * groups - 4]
    return groups


def window(s: bytes, first: int, groups: int, n: int, out: Numbers) -> int:
    """Judge what begins with a group; returns how many groups that took."""
    entry = GROUPS + 4 * first
    a = out[entry + 2]
    k = out[entry + 6] - a
    sign = out[entry + 7] if first + 1 < groups else 32  # behind it
    if k >= 9 and sign == 32 and a + k <= LONGEST and plain(s, out[entry], out[entry + 1], n, a, k, out):
        return 1
    dated = 1 if k > 12 and first + 1 < groups and (valid(entry, 47, out) or valid(entry, 45, out)) else 0
    if dated and a + k <= LONGEST and card(out, a, k) and noted(s, out[entry], out[entry + 1], CARD, out):
        return 1
    at = 0
    if first + 1 == groups:
        loose(first, out)
    elif k < 10:
        after = out[entry + 10] - out[entry + 6]
        if after < 10 and LEADS[10 * LEADS[10 + k] + after]:
            at = several(s, first, groups, n, out)
            if at:
                return at
    if a + k > LONGEST:
        return 1
    if sign == 46:
        at = ipv4(s, first, groups, n, out)
        if at:
            return 4
        if first + 4 >= groups:
            loose(first, out)
    if called(s, first, groups, n, k, sign, out) and phone(s, out[entry], n, out):
        while first + at < groups and out[GROUPS + 4 * (first + at)] < out[LAST]:
            at += 1
    return max(1, at)


def called(s: bytes, first: int, groups: int, n: int, k: int, sign: int, out: Numbers) -> bool:
    """There may be a phone number here: it is written like one, or a word says so. `k` and `sign` as in `window`."""
    if told(out, PHONE):
        return False
    entry = GROUPS + 4 * first
    end = out[GROUPS + 4 * groups - 3]
    if end < n and KIND[s[end]] & WORDLY:
        return False
    if out[entry + 3] == 0 and out[entry] and s[out[entry] - 1] in b"+(":
        few = 1 if out[GROUPS + 4 * groups + 2] - out[entry + 2] < 7 else 0
        return few == 0 or (end < n and PARTS[s[end]] > 0)
    digits = out[GROUPS + 4 * groups + 2] - out[entry + 2]
    if digits > 15 or groups - first > 6 or (k == 1 and sign == 32):
        return False  # too many, in too many pieces, or a list
    if k == 3 and sign == 45:
        if first + 2 >= groups:
            loose(first, out)
        elif out[entry + 11] == 45:
            return True
    if digits < 7:
        loose(first, out)
        return False
    if k == 4 and groups - first == 3 and s[out[entry]] in b"12" and (end == n or PARTS[s[end]] == 0):
        return False  # a date, and nothing behind it
    return near(s, out[entry], out[entry + 1], n, PHONE, out)
