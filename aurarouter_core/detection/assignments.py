"""Secrets that a name gives away: `password: …`, `api_key = "…"`, `https://user:password@host`."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    BLANK,
    BRACKET,
    DIGIT,
    ENDED,
    FOREIGN,
    KIND,
    LETTER,
    LOWER,
    NUMERAL,
    PASSWORD,
    SECRET,
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
    told,
)  # fmt: skip
from aurarouter_core.detection.entropy import random
from aurarouter_core.detection.examples import placeholder

_PASSWORDS = (
    "password passwd passe passphrase pwd passwort kennwort contrase\x80a senha wachtwoord has\x80o lozinka "
    "passord adgangskode l\x80senord salasana heslo jelsz\x80 parola"
)
_SECRETS = (
    "secret token apikey api_key api-key accesskey access_key access-key secretkey secret_key secret-key privatekey "
    "private_key authkey auth_key accountkey sharedaccesskey encryption_key signing_key authorization credential bearer"
)
_STANDINS = "password passwd pass pwd secret user username admin root test xxx none null true false hidden"


_RULED = 250  # and above: a name is whole, and this rule's


def _columns() -> bytes:
    """A number for each letter of the names, in any case; 0 for what none has."""
    letters = sorted({*(_PASSWORDS + _SECRETS).replace(" ", "")})
    table = bytearray(256)
    for number, letter in enumerate(letters, 1):
        table[ord(letter)] = table[ord(letter.upper() if ord(letter) < 128 else letter)] = number
    return bytes(table)


def _names() -> bytes:
    """The names, read backwards, as an automaton: where each column leads to, 32 for each state.

    State 1 has read nothing, from state 0 nothing leads on. A name that ends with another is never read to its end.
    """
    columns, states, moves = _columns(), {"": 1}, {}
    for rule, words in ((PASSWORD, _PASSWORDS), (SECRET, _SECRETS)):
        for word in words.split():
            for begin in range(len(word) - 1, -1, -1):
                whole = word[begin:] in _PASSWORDS.split() + _SECRETS.split()
                state = _RULED + rule if whole else states.setdefault(word[begin:], len(states) + 1)
                moves[32 * states[word[begin + 1 :]] + columns[ord(word[begin])]] = state
                if whole:
                    break
    table = bytearray(32 * len(states) + 32)
    for move, state in moves.items():
        table[move] = state
    return bytes(table)


COLUMNS: bytes = _columns()
NAMES: bytes = _names()
STANDINS: bytes = listing(_STANDINS)
# What a byte is in a value without quotes: 2 its end, 1 an equals sign, which may end it, 4 a bracket.
ENDS: bytes = bytes([2 if KIND[c] & STOP else 1 if c == 61 else 4 if c in b"([{" else 0 for c in range(256)])

# … and in one between quotes, of which but the one that opened it ends it.
HALTS: bytes = bytes([2 if KIND[c] & BLANK or c == 58 else 1 if c in b"=\"'`" else 0 for c in range(256)])
# … and before the host in a URL: 1 what ends that, 2 the sign before a password.
HOSTS: bytes = bytes([1 if KIND[c] & BLANK or c in b"@/\"'<>`()" else 2 if c == 58 else 0 for c in range(256)])


def named(s: bytes, end: int) -> int:
    """The rule of the name that ends before `end`, in any case; -1 for a name that gives nothing away."""
    state = 1
    while end and state:
        end -= 1
        state = NAMES[32 * state + COLUMNS[s[end]]]
        if state > _RULED:
            return state - _RULED
    return -1


def naming(s: bytes, i: int) -> int:
    """The rule of the name before the `=` or `:` at `i`; -1 for none."""
    end = i
    if end and s[end - 1] == 58:
        end -= 1
    while end and i - end < 4 and s[end - 1] in b" \"'`]*":
        end -= 1
    return named(s, end)


def assigned(s: bytes, i: int, n: int, rule: int, out: Numbers) -> None:
    """Note a secret of this rule after the `=` or `:` at `i`."""
    if told(out, rule):
        return
    start = i + 1
    while start < n and start < i + 5 and s[start] in b" >*":
        start += 1
    quote = s[start] if start < n and s[start] in b"\"'`" else 0
    if quote:
        start += 1
    if start < n and s[start] in b"Bb":
        start += 7 if same(s, start, n, b"bearer ", 7) else 6 if same(s, start, n, b"basic ", 6) else 0
    if start >= n or s[start] in b"$<{%(/.[*#" or beaten(out, rule, start):
        return  # code, or what stands for a value
    at = quoted(s, start, n, quote) if quote else unquoted(s, start, n, out)
    if quote == 0 and at > start and s[at - 1] in b".!?":
        at -= 1
    if convincing(s, start, at, rule, quote, out):
        add(out, rule, start, at)


def quoted(s: bytes, start: int, n: int, quote: int) -> int:
    """Where a value between quotes ends."""
    at = start
    stop = min(n, start + 200)
    while True:
        while at + 4 <= stop and HALTS[s[at]] | HALTS[s[at + 1]] | HALTS[s[at + 2]] | HALTS[s[at + 3]] == 0:
            at += 4
        while at < stop and HALTS[s[at]] == 0:
            at += 1
        if at >= stop or HALTS[s[at]] == 2 or s[at] == quote:
            return at
        if s[at] == 61 and at + 1 < n and KIND[s[at + 1]] & WORDLY:
            return at
        at += 1


def unquoted(s: bytes, start: int, n: int, out: Numbers) -> int:
    """Where a value without quotes ends. One may stand in another, `pwd=-pwd=-`: what was read isn't read again."""
    at = start
    stop = min(n, start + 200)
    if out[VALUE] <= start < out[ENDED]:
        at = out[ENDED]
    else:
        out[VALUE] = start
    fresh = at
    seen = 0
    while True:
        while at + 4 <= stop:
            ends = ENDS[s[at]] | ENDS[s[at + 1]] | ENDS[s[at + 2]] | ENDS[s[at + 3]]
            if ends & 3:
                break
            seen |= ends
            at += 4
        while at < stop and ENDS[s[at]] & 3 == 0:
            seen |= ENDS[s[at]]
            at += 1
        if at >= stop or ENDS[s[at]] == 2 or (at + 1 < n and KIND[s[at + 1]] & WORDLY):
            break
        at += 1
    out[ENDED] = at
    if seen:
        last = at - 1
        while ENDS[s[last]] != 4:
            last -= 1
        out[BRACKET] = last
    if at - start >= 6:  # a shorter one is no password, whatever it has
        last = at - 1
        while last >= fresh and KIND[s[last]] & DIGIT == 0:
            last -= 1
        if last >= fresh:
            out[NUMERAL] = last
    if at - start >= 16:  # nor is a shorter one a key
        last = at - 1
        while last >= fresh and KIND[s[last]] & (UPPER | LOWER) == 0:
            last -= 1
        if last >= fresh:
            out[LETTER] = last
    return at


def convincing(s: bytes, start: int, end: int, rule: int, quote: int, out: Numbers) -> bool:
    """It is a value that somebody keeps secret, and no code, name or placeholder."""
    size = end - start
    if size < (16 if rule == SECRET else 6) or size > 199:
        return False
    if quote == 0:
        if out[NUMERAL] < start or (out[BRACKET] >= start if rule == PASSWORD else out[LETTER] < start):
            return False
    elif not holds(s, start, end, DIGIT) or not (rule == PASSWORD or holds(s, start, end, UPPER | LOWER)):
        return False
    if rule == PASSWORD and size > 16 and numeric(s, start, end):
        return False
    return not placeholder(s, start, end, out) and random(s, start, end, 46 if rule == SECRET else 30, out)


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
    if told(out, PASSWORD):
        return i + 3
    at = i + 3
    stop = min(n, i + 300)
    while at < stop and HOSTS[s[at]] == 0:
        at += 1
    colon = at
    if at >= stop or s[at] != 58:
        return i + 3
    while at < stop and HOSTS[s[at]] & 1 == 0:
        at += 1
    if at >= stop or s[at] != 64 or at < colon + 4 or s[colon + 1] in b"$<{%*[":
        return i + 3
    if listed(s, colon + 1, at, STANDINS) or placeholder(s, colon + 1, at, out):
        return i + 3
    add(out, PASSWORD, colon + 1, at)
    return at + 1
