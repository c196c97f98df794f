"""Keys and tokens that show by their first characters whose they are; private keys; signed tokens."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    API_KEY,
    KEYLESS,
    KIND,
    PRIVATE_KEY,
    TOKEN,
    UNSIGNED,
    WORDLY,
    Numbers,
    add,
    same,
)
from aurarouter_core.detection.entropy import kinds, random
from aurarouter_core.detection.examples import placeholder

# Sets of characters, as bits of CHARSET.
CHARSET: bytes = bytes(
    [
        (chr(c).isalnum() and c < 128)
        + 2 * (c < 128 and (chr(c).isalnum() or c in b"_-"))
        + 4 * (c in b"0123456789abcdef")
        + 8 * (c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        + 16 * (c < 128 and (chr(c).isalnum() or c in b"+/="))
        for c in range(256)
    ]
)
# Prefix with the sign that wakes the rule after a bar, set of characters, fewest and most that follow (0: any).
_SHAPES = """
ghp|_,1,36,0 gho|_,1,36,0 ghu|_,1,36,0 ghs|_,1,36,0 ghr|_,1,36,0 github|_pat_,2,40,0
sk|_live_,1,16,0 rk|_live_,1,16,0 sk|_test_,1,16,0 rk|_test_,1,16,0 whsec|_,16,24,0 npm|_,1,36,0
hf|_,1,30,0 gsk|_,1,40,0 r8|_,1,30,0 glsa|_,2,36,0 dop|_v1_,4,64,64 shpat|_,4,32,32 shpss|_,4,32,32
figd|_,2,30,0 sk|-,2,32,0 glpat|-,2,20,0 glrt|-,2,20,0 gldt|-,2,20,0 xoxb|-,2,24,0 xoxp|-,2,24,0
xoxa|-,2,24,0 xoxr|-,2,24,0 xoxs|-,2,24,0 xapp|-,2,24,0 xai|-,1,40,0 pypi|-,2,60,0 nvapi|-,2,40,0
pplx|-,1,40,0 tvly|-,2,24,0 GOCSPX|-,2,24,0 AGE|-SECRET-KEY-1,8,50,0 |AKIA,8,16,16 |ASIA,8,16,16
|AIza,2,35,35 |SG.,2,20,0 |SK,4,32,32
"""
_WAKING = b"_-AS"


def _shapes() -> bytes:
    """First an index, of two bytes for each waking sign and its neighbour: where their row of shapes begins.

    Then the rows, each with a 0 behind it. A shape is six numbers and the prefix: its length, where the waking sign
    is, the set, fewest, most, the rule.
    """
    rows: dict[int, bytes] = {}
    for line in _SHAPES.split():
        prefix, charset, fewest, most = line.split(",")
        at, plain = prefix.index("|"), prefix.replace("|", "").encode()
        rule = PRIVATE_KEY if plain.startswith(b"AGE") else API_KEY
        key = 128 * _WAKING.index(plain[at]) + plain[at - 1 if at else 1]
        shape = bytes([len(plain), at, int(charset), int(fewest), int(most), rule]) + plain
        rows[key] = rows.get(key, b"") + shape
    index, made = bytearray(1024), b"\0"
    for key, row in rows.items():
        index[2 * key : 2 * key + 2] = (1024 + len(made)).to_bytes(2, "little")
        made += row + b"\0"
    return bytes(index) + made


SHAPES: bytes = _shapes()


def shapes(sign: int, neighbour: int) -> int:
    """Where the shapes are that have the `sign`th of the waking signs beside this character; 0 for nowhere."""
    entry = 256 * sign + 2 * neighbour
    return SHAPES[entry] + 256 * SHAPES[entry + 1] if neighbour < 128 else 0


def prefixed(s: bytes, i: int, n: int, entry: int, out: Numbers) -> int:
    """A key of one of the shapes of this row around the sign at `i`; returns where to go on."""
    while SHAPES[entry]:
        length = SHAPES[entry]
        at = SHAPES[entry + 1]
        start = i - at
        k = 0
        if start >= 0 and start + length <= n and SHAPES[entry + 6 + at] == s[i]:
            while k < length and s[start + k] == SHAPES[entry + 6 + k]:
                k += 1
        if k == length and fresh(s, start, out):
            after = start + length
            end = after
            charset = SHAPES[entry + 2]
            limit = min(n, after + 400)
            while end < limit and CHARSET[s[end]] & charset:
                end += 1
            if SHAPES[entry + 1] == 0 and end < n and s[end] == 46 and s[start + 1] == 71 and end > after + 15:
                end += 1  # the second half of SendGrid's keys, whose first one has 22 signs
                while end < n and CHARSET[s[end]] & 2 and end < after + 400:
                    end += 1
            size = end - after
            if size < SHAPES[entry + 3]:
                return i + 1
            out[KEYLESS] = end
            if SHAPES[entry + 4] and size != SHAPES[entry + 4]:
                return i + 1
            mixture = kinds(s, after, end)
            if mixture & 1 == 0 and mixture != 6:
                return i + 1  # words, perhaps with dashes between them
            if not placeholder(s, after, end, out) and random(s, after, end, 44, out):
                return add(out, SHAPES[entry + 5], start, end)
            return i + 1
        entry += length + 6
    return i + 1


def fresh(s: bytes, start: int, out: Numbers) -> bool:
    """A key may begin here: behind a dash too, but not one in each part of what was read to its end and is none."""
    return start == 0 or (KIND[s[start - 1]] & WORDLY == 0 and (s[start - 1] != 45 or start >= out[KEYLESS]))


def signed(s: bytes, i: int, n: int, out: Numbers) -> int:
    """A JSON web token, `eyJ….eyJ….…`, whose J stands at `i`; returns where to go on."""
    start = i - 2
    if start < 0 or s[start] != 101 or s[i - 1] != 121 or (start and CHARSET[s[start - 1]] & 1):
        return i + 1
    if start < out[UNSIGNED] and CHARSET[s[start - 1]] & 2:
        return i + 1  # inside of what was read and is none
    at = i
    for part in range(3):
        begin = at
        while at < n and CHARSET[s[at]] & 2:
            at += 1
        if at < begin + 10 or (part == 1 and not same(s, begin, n, b"eyj", 3)):
            return i + 1
        if part == 0:
            out[UNSIGNED] = at
        if part < 2:
            if at >= n or s[at] != 46:
                return i + 1
            at += 1
    return add(out, TOKEN, start, at)


def dashes(s: bytes, i: int, n: int, out: Numbers) -> int:
    """A private key whose heading begins with the dashes at `i`; returns where to go on."""
    at = i
    while at < n and s[at] == 45:
        at += 1
    if at == i + 1:
        entry = shapes(1, s[i - 1]) if i else 0
        return prefixed(s, i, n, entry, out) if entry else at
    if not same(s, at, n, b"begin ", 6) and not same(s, at, n, b" begin ", 7):
        return at
    private = 0
    head = at
    while at < n and s[at] not in b"-\r\n" and at < head + 60:
        if s[at] in b"Pp" and same(s, at, n, b"private key", 11):
            private = 1
        at += 1
    if private == 0 or at >= n or s[at] != 45:
        return at
    while at < n and s[at] == 45:
        at += 1
    body = 0
    while at < n and not (s[at] == 45 and at + 4 < n and same(s, at, n, b"-----", 5)):
        body += (CHARSET[s[at]] & 16) >> 4
        at += 1
        if body > 16 and s[at - 1] == 46 and s[at - 2] == 46:
            return at
    if body < 64:
        return at
    while at < n and s[at] == 45:
        at += 1
    if same(s, at, n, b"end ", 4):
        while at < n and s[at] not in b"-\r\n":
            at += 1
        while at < n and s[at] == 45:
            at += 1
    return add(out, PRIVATE_KEY, i, at)
