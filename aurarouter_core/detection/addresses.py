"""Addresses: of people (e-mail) and of machines (IPv4, IPv6)."""

from __future__ import annotations

from aurarouter_core.detection.checks import value
from aurarouter_core.detection.codes import (
    DIGIT,
    DIGITS,
    EMAIL,
    GROUPS,
    IP_ADDRESS,
    KIND,
    LETTERS,
    WORDLY,
    Numbers,
    add,
    listed,
    listing,
    same,
    told,
)  # fmt: skip
from aurarouter_core.detection.context import versioned

# Last labels of what looks like an address and is a file (`icon@2x.png`), or a domain kept for examples and machines.
_NO_DOMAINS = "test example invalid localhost local png jpg jpeg gif svg webp css js mjs ts tsx jsx json py html md txt"
NO_DOMAINS: bytes = listing(_NO_DOMAINS)
LOCAL: bytes = bytes([KIND[c] & WORDLY > 0 or c in b".+-%'" for c in range(256)])  # what stands before the @
GROUPED: bytes = bytes([KIND[c] & DIGIT > 0 or c in b"abcdefABCDEF:" for c in range(256)])  # what an IPv6 address has


def local(s: bytes, end: int) -> int:
    """Where the part of an e-mail address before the `@` begins; `end` when there is none."""
    at = end
    limit = max(0, end - 64)
    while at > limit and LOCAL[s[at - 1]]:
        at -= 1
    while at < end and s[at] in b".-'%":
        at += 1
    return end if at > 0 and KIND[s[at - 1]] & WORDLY else at


def hosted(s: bytes, i: int, n: int, out: Numbers) -> int:
    """An address around the `@` at `i`; returns where to go on. Most have no domain behind them: seen at once."""
    at = i + 1
    while at < n and KIND[s[at]] & WORDLY:
        at += 1
    if at == i + 1 or at == n or s[at] not in b".- ([{" or i == 0 or KIND[s[i - 1]] & WORDLY == 0:
        return i + 1
    return email(s, i, n, i, i + 1, at, out)


def email(s: bytes, i: int, n: int, end: int, after: int, at: int, out: Numbers) -> int:
    """An address around the sign at `i`: its first part ends at `end`, its domain begins at `after`. Where to go on.

    The domain is read already up to `at`.
    """
    if told(out, EMAIL):
        return i + 1
    label = after
    labels = 0
    limit = min(n, after + 254)
    while at < limit:
        if at > label or s[at] != 45:
            at = host_to(s, at, limit)
        if at == limit:
            break
        c = s[at]
        dot = at + 1 if c == 46 else 0
        if (c == 32 and at + 1 < n and s[at + 1] in b"([{") or c in b"([{":
            dot = at + 2 if c == 32 else at + 1
            dot = dot + 4 if same(s, dot, n, b"dot)", 4) or same(s, dot, n, b"dot]", 4) else 0
            if dot and dot < n and s[dot] == 32:
                dot += 1
        if dot == 0 or dot >= n or at == label or KIND[s[dot]] & WORDLY == 0:
            break
        labels += 1
        label = dot
        at = dot
    while at > label and s[at - 1] == 45:
        at -= 1
    if labels == 0 or at - label < 2:
        return i + 1
    for k in range(label, at):
        if KIND[s[k]] & LETTERS == 0:
            return i + 1
    if listed(s, label, at, NO_DOMAINS):
        return i + 1
    if label >= after + 8 and same(s, label - 8, n, b"example.", 8) and (label == after + 8 or s[label - 9] == 46):
        return i + 1
    start = local(s, end)
    if start == end or (i - start == 3 and same(s, start, n, b"git", 3)):
        return i + 1
    return add(out, EMAIL, start, at)


def host_to(s: bytes, at: int, limit: int) -> int:
    """Where one name of a host ends, which has no dash first. C has a quicker way: `naming.pxi`."""
    while at < limit and (KIND[s[at]] & WORDLY or s[at] == 45):
        at += 1
    return at


def spelled(s: bytes, i: int, n: int, out: Numbers) -> int:
    """`name (at) host (dot) tld`, whose first bracket stands at `i`, before an "a"; returns where to go on."""
    if s[i + 2] | 32 != 116 or s[i + 3] not in b")]}":
        return i + 1
    end = i - 1 if i and s[i - 1] == 32 else i
    after = i + 5 if i + 4 < n and s[i + 4] == 32 else i + 4
    return email(s, i, n, end, after, after, out)


def ipv4(s: bytes, first: int, groups: int, n: int, out: Numbers) -> int:
    """Four groups with points between them: how many groups that took; 0 for none, -1 for one that isn't private."""
    if first + 4 > groups or out[GROUPS + 4 * first + 7] != 46:
        return 0
    low = 0
    address = 0
    for k in range(4):
        entry = GROUPS + 4 * (first + k)
        length = out[entry + 6] - out[entry + 2]
        if length > 3 or (k and out[entry + 3] != 46) or (length > 1 and out[DIGITS + out[entry + 2]] == 0):
            return 0
        number = value(out, out[entry + 2], length)
        if number > 255:
            return 0
        low = max(low, number)
        address = address * 256 + number
    entry = GROUPS + 4 * first
    if first + 4 < groups and out[entry + 19] in (45, 46):
        return 0
    start = out[entry]
    end = out[entry + 13]
    if start and (s[start - 1] in b"._-~^" or (start > 1 and s[start - 1] in b"/=@" and s[start - 2] in b"=<>~!@")):
        return -1
    a = address >> 24
    if a in (0, 127) or a >= 224 or (low < 16 and a != 10):
        return -1
    if address >> 8 in (0xC00002, 0xC63364, 0xCB0071):
        return -1  # 192.0.2, 198.51.100 and 203.0.113 are for documentation
    if versioned(s, start, end, n, out):
        return -1
    add(out, IP_ADDRESS, start, end)
    return 4


def ipv6(s: bytes, i: int, n: int, out: Numbers) -> int:
    """An address whose first colon stands at `i`: where it ends, or 0."""
    start = i - 4
    if start < 0 or (start and (KIND[s[start - 1]] & WORDLY or s[start - 1] == 46)):
        return 0
    if start > 1 and s[start - 1] == 58 and ((s[start - 2] | 32) in b"abcdef:" or KIND[s[start - 2]] & DIGIT):
        return 0  # the rest of a longer one
    a = s[start] | 32
    b = s[start + 1] | 32
    if not (a in b"23" or (a == 102 and b in b"cd") or (a == 102 and b == 101 and (s[start + 2] | 32) in b"89ab")):
        return 0
    if same(s, start, n, b"2001:db8", 8) or same(s, start, n, b"2001:0db8", 9) or same(s, start, n, b"3fff", 4):
        return 0
    groups = 0
    gap = 0
    run = 0
    at = start
    while at < n and at - start < 40:
        c = s[at]
        if KIND[c] & DIGIT or (c | 32) in b"abcdef":
            run += 1
            if run > 4:
                return 0
        elif c == 58:
            if run == 0:
                if gap or s[at - 1] != 58:
                    return 0
                gap = 1
            else:
                groups += 1
            run = 0
        else:
            break
        at += 1
    if at == start or (at < n and KIND[s[at]] & WORDLY):  # a control character looks like a digit above
        return 0
    groups += 1 if run else 0
    if s[at - 1] == 58 and s[at - 2] != 58:
        at -= 1  # the sentence's own colon
    if at <= i or (groups != 8 and (gap == 0 or groups > 7)):
        return 0  # what ends before the colon would be read from here for ever
    return add(out, IP_ADDRESS, start, at)
