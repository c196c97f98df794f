"""The scan: one pass over the bytes of a text, in which a few signs wake the rules that they may belong to."""

from __future__ import annotations

from aurarouter_core.detection.addresses import GROUPED, hosted, ipv6, spelled
from aurarouter_core.detection.assignments import assigned, naming, url
from aurarouter_core.detection.codes import DIGIT, KIND, Numbers
from aurarouter_core.detection.markers import Text, heading
from aurarouter_core.detection.numbers import number
from aurarouter_core.detection.tokens import dashes, prefixed, shapes, signed

_SIGNS = b"\n@-_:=([{ASJ"
# What each byte wakes: nothing, 1 numbers, else 2 + its place among the signs.
WAKES: bytes = bytes([1 if KIND[c] & DIGIT else 2 + _SIGNS.index(c) if c in _SIGNS else 0 for c in range(256)])


def scan(text: Text, s: bytes, n: int, marks: Numbers, out: Numbers) -> None:
    """Note all private data in `s`, the bytes of `text`."""
    i = waking(text, s, heading(text, s, -1, n, marks, out), n, marks, out)
    while i < n:
        wakes = WAKES[s[i]]
        if wakes == 1:
            i = number(s, i, n, out)
        elif wakes == 2:
            while i + 1 < n and s[i + 1] == 10:
                i += 1  # an empty line has no heading
            i = heading(text, s, i, n, marks, out)
        elif wakes == 3:
            i = hosted(s, i, n, out)
        elif wakes == 4:
            i = dashes(s, i, n, out)
        elif wakes == 6:
            i = colon(s, i, n, out)
        elif wakes == 7:
            rule = naming(s, i) if i + 1 < n and s[i + 1] != 61 and i and s[i - 1] not in b"=!<>" else -1
            if rule >= 0:
                assigned(s, i, n, rule, out)
            i += 1
        elif wakes in (8, 10):
            i = spelled(s, i, n, out) if i + 3 < n and s[i + 1] | 32 == 97 else i + 1
        elif wakes == 9:
            while i + 1 < n and s[i + 1] == 91:
                i += 1  # nor has a bracket before another
            found = heading(text, s, i, n, marks, out)
            i = max(found, spelled(s, i, n, out)) if i + 3 < n and s[i + 1] | 32 == 97 else found
        elif wakes == 13:
            i = signed(s, i, n, out)
        elif wakes == 5:
            entry = shapes(0, s[i - 1]) if i else 0
            i = prefixed(s, i, n, entry, out) if entry else i + 1
        else:
            entry = shapes(wakes - 9, s[i + 1]) if i + 1 < n else 0
            i = prefixed(s, i, n, entry, out) if entry else i + 1
        i = waking(text, s, i, n, marks, out)


def waking(text: Text, s: bytes, i: int, n: int, marks: Numbers, out: Numbers) -> int:
    """The first byte from `i` on that wakes a rule; `n` when none does. C has a quicker way: `_speedups/waking.pxi`."""
    while i < n and WAKES[s[i]] == 0:
        i += 1
    return i


def colon(s: bytes, i: int, n: int, out: Numbers) -> int:
    """What a colon may belong to: a URL, an address, an assignment."""
    if i + 2 < n and s[i + 1] == 47 and s[i + 2] == 47:
        return url(s, i, n, out)
    if i > 3 and s[i - 4] in b"23fF" and GROUPED[s[i - 1]] and GROUPED[s[i - 2]] and GROUPED[s[i - 3]]:
        end = ipv6(s, i, n, out)
        if end:
            return end
    rule = naming(s, i) if i + 1 < n and s[i + 1] not in b":=" else -1
    if rule >= 0:
        assigned(s, i, n, rule, out)
    return i + 1
