"""Secrets that a name gives away: `password: …`, `api_key = "…"`, `https://user:password@host`."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    BLANK,
    COUNTS,
    DIGIT,
    ENDED,
    EXAMPLE,
    FOREIGN,
    KIND,
    LETTERS,
    LOWER,
    NUMERAL,
    PASSWORD,
    SECRET,
    SMALL,
    STOP,
    UPPER,
    VALUE,
    WORDLY,
    Numbers,
    add,
    beaten,
    listed,
    listing,
    same,
)  # fmt: skip
from aurarouter_core.detection.entropy import placeholder, random

_PASSWORDS = (
    "password passwd passe passphrase pwd passwort kennwort contrase\x80a senha wachtwoord has\x80o lozinka "
    "passord adgangskode l\x80senord salasana heslo jelsz\x80 parola"
)
_SECRETS = (
    "secret token apikey api_key api-key accesskey access_key access-key secretkey secret_key secret-key privatekey "
    "private_key authkey auth_key accountkey sharedaccesskey encryption_key signing_key authorization credential bearer"
)
_STANDINS = "password passwd pass pwd secret user username admin root test xxx none null true false hidden"


def _names() -> bytes:
    """For each last letter two bytes: where its words begin. Then the words, backwards, each after length and rule."""
    rows: dict[int, bytes] = {}
    for rule, words in ((PASSWORD, _PASSWORDS), (SECRET, _SECRETS)):
        for word in words.split():
            row = bytes([len(word), rule]) + word[::-1].encode("latin-1")
            rows[row[2]] = rows.get(row[2], b"") + row
    index, made = bytearray(512), b"\0"
    for last, row in rows.items():
        index[2 * last : 2 * last + 2] = (512 + len(made)).to_bytes(2, "little")
        made += row + b"\0"
    return bytes(index) + made


NAMES: bytes = _names()
STANDINS: bytes = listing(_STANDINS)
# What a byte is in a value without quotes: 1 a digit, 2 its end, 3 an equals sign, which may end it.
ENDS: bytes = bytes([1 if KIND[c] & DIGIT else 2 if KIND[c] & STOP else 3 if c == 61 else 0 for c in range(256)])


def named(s: bytes, end: int) -> int:
    """The rule of the name that ends before `end`, in any case; -1 for a name that gives nothing away."""
    if end < 3 or KIND[s[end - 2]] & LETTERS == 0 or KIND[s[end - 3]] & LETTERS == 0:
        return -1
    at = 2 * SMALL[s[end - 1]]
    at = NAMES[at] + 256 * NAMES[at + 1]
    while at and NAMES[at]:
        length = NAMES[at]
        k = 1
        while k < length and k < end and SMALL[s[end - 1 - k]] == NAMES[at + 2 + k]:
            k += 1
        if k == length:
            return NAMES[at + 1]
        at += length + 2
    return -1


def assigned(s: bytes, i: int, n: int, out: Numbers) -> None:
    """Note a secret after the `=` or `:` at `i`."""
    end = i
    if end and s[end - 1] == 58:
        end -= 1
    while end and i - end < 4 and s[end - 1] in b" \"'`]*":
        end -= 1
    rule = named(s, end)
    if rule < 0:
        return
    start = i + 1
    while start < n and start < i + 5 and s[start] in b" >*":
        start += 1
    quote = s[start] if start < n and s[start] in b"\"'`" else 0
    if quote:
        start += 1
    if start < n and s[start] in b"Bb":
        start += 7 if same(s, start, n, b"bearer ", 7) else 6 if same(s, start, n, b"basic ", 6) else 0
    if beaten(out, rule, start):
        return
    at = quoted(s, start, n, quote) if quote else unquoted(s, start, n, out)
    if quote == 0 and at > start and s[at - 1] in b".!?":
        at -= 1
    if convincing(s, start, at, rule, quote, out):
        add(out, rule, start, at)


def quoted(s: bytes, start: int, n: int, quote: int) -> int:
    """Where a value between quotes ends."""
    at = start
    while at < n and at < start + 200:
        c = s[at]
        if KIND[c] & BLANK or c == quote or (c == 58 or (c == 61 and at + 1 < n and KIND[s[at + 1]] & WORDLY)):
            break
        at += 1
    return at


def unquoted(s: bytes, start: int, n: int, out: Numbers) -> int:
    """Where a value without quotes ends. One may stand in another, `pwd=-pwd=-`: what was read isn't read again."""
    at = start
    stop = min(n, start + 200)
    if out[VALUE] <= start < out[ENDED]:
        at = out[ENDED]
    else:
        out[VALUE] = start
    while at < stop:
        kind = ENDS[s[at]]
        if kind == 1:
            out[NUMERAL] = at
        elif kind and (kind == 2 or (at + 1 < n and KIND[s[at + 1]] & WORDLY)):
            break
        at += 1
    out[ENDED] = at
    return at


def convincing(s: bytes, start: int, end: int, rule: int, quote: int, out: Numbers) -> bool:
    """It is a value that somebody keeps secret, and no code, name or placeholder."""
    size = end - start
    if size < (16 if rule == SECRET else 6) or size > 199 or s[start] in b"$<{%(/.[*#":
        return False
    if quote == 0 and (out[NUMERAL] < start or out[EXAMPLE] >= start):
        return False
    if (quote and not holds(s, start, end, DIGIT)) or not (rule == PASSWORD or holds(s, start, end, UPPER | LOWER)):
        return False
    if rule == PASSWORD and size > 16 and numeric(s, start, end):
        return False
    if not random(s, start, end, 46 if rule == SECRET else 30, out):
        return False
    if rule == PASSWORD and quote == 0 and out[COUNTS + 40] + out[COUNTS + 91] + out[COUNTS + 123] > 0:
        return False  # a bracket
    example = placeholder(s, start, end)
    if quote == 0 and example >= 0:
        out[EXAMPLE] = example
    return example < 0


def holds(s: bytes, start: int, end: int, kinds: int) -> bool:
    """One of the characters is of one of these kinds."""
    while start < end and KIND[s[start]] & kinds == 0:
        start += 1
    return start < end


def numeric(s: bytes, start: int, end: int) -> bool:
    """There are but digits and letters beyond ASCII."""
    while start < end and KIND[s[start]] & (DIGIT | FOREIGN):
        start += 1
    return start == end


def url(s: bytes, i: int, n: int, out: Numbers) -> int:
    """A password in the URL whose `://` stands at `i`; returns where to go on."""
    at = i + 3
    colon = 0
    while at < n and at < i + 300:
        c = s[at]
        if KIND[c] & BLANK or c in b"/\"'<>`()":
            return i + 3
        if c == 64:
            break
        if c == 58 and colon == 0:
            colon = at
        at += 1
    if at >= n or at == i + 300 or colon == 0 or at < colon + 4 or s[colon + 1] in b"$<{%*[":
        return i + 3
    if listed(s, colon + 1, at, STANDINS) or placeholder(s, colon + 1, at) >= 0:
        return i + 3
    add(out, PASSWORD, colon + 1, at)
    return at + 1
