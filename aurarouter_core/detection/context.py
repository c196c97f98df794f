"""Words near a number that say what it is. Each character is read at most once, however many numbers there are."""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    ALPHANUMERIC,
    CALLING,
    DIGIT,
    KIND,
    LATEST,
    LETTERS,
    NEAR,
    PHONE,
    REACH,
    READ,
    RUN,
    RUN_LAST,
    SMALL,
    VERSION,
    Numbers,
)  # fmt: skip

_AHEAD = 24
_MASK = 0xFFFFFF
_SLOTS = 1024
# A letter beyond ASCII is \x80 here, as it is in the scan's alphabet.
_WORDS: dict[int, str] = {
    22: (
        "phone phones tel telephone telefon telefono tel\x80fono t\x80l\x80phone t\x80l telefone mobile mobil "
        "mobiltelefon m\x80vil movil cell cellphone fax call whatsapp sms handy handynummer rufnummer telefonnummer "
        "phonenumber telefoon telefoonnummer puhelin celular portable"
    ),
    25: "v ver version versions release build firmware rev revision upgrade tag",
    7: "ssn ssns social socialsecurity socialsecuritynumber",
    8: "sin social insurance nas",
    9: "nino ni national insurance",
    10: "steuer steuerid steuernummer steueridentifikationsnummer identifikationsnummer idnr tin stid",
    14: "bsn burgerservicenummer sofi sofinummer",
    15: "pesel",
    16: "personnummer pnr personnr samordningsnummer",
    18: "cpf contribuinte",
    19: "aadhaar aadhar adhaar uidai uid",
}


def _hash(word: bytes) -> int:
    value = 7
    for c in word:
        value = (value * 31 + c) & _MASK
    return value


def _table() -> bytes:
    """Open addressing: three bytes of hash and one of rules for each slot; a word may name two rules."""
    known: dict[int, set[int]] = {}
    for rule, words in _WORDS.items():
        for word in words.split():
            known.setdefault(_hash(word.encode("latin-1")), set()).add(rule)
    slots = bytearray(_SLOTS * 5)
    for value, rules in known.items():
        at = value % _SLOTS
        while slots[5 * at + 3]:
            at = (at + 1) % _SLOTS
        slots[5 * at : 5 * at + 5] = bytes([value >> 16, value >> 8 & 255, value & 255, min(rules), max(rules)])
    return bytes(slots)


def _lengths() -> bytes:
    """For each first letter's lower five bits and each length up to 31: a bit for each last letter's lower three.

    A letter beyond ASCII weighs 31 more than an "a", as much as the letter before it: to the hash "més" is "nas".
    """
    table = bytearray(1024)
    for word in " ".join(_WORDS.values()).split():
        for first in range(-1, 2) if word[1:2] in ("a", "b", "\x80") else range(1):
            table[32 * (ord(word[0]) + first & 31) + len(word)] |= 1 << (ord(word[len(word) - 1]) & 7)
    return bytes(table)


CONTEXT: bytes = _table()
LENGTHS: bytes = _lengths()


def near(s: bytes, start: int, end: int, n: int, rule: int, out: Numbers) -> bool:
    """A word that names the rule stands before or right after these characters."""
    if out[READ] < min(n, end + _AHEAD):
        read_words(s, start, end, n, out)
    return out[NEAR + rule] > max(start - REACH, 0)


def versioned(s: bytes, start: int, end: int, n: int, out: Numbers) -> bool:
    """A word right before these characters says that they are a version."""
    if out[READ] < min(n, end + _AHEAD):
        read_words(s, start, end, n, out)
    return max(start - 14, 0) < out[NEAR + VERSION] <= start


def read_words(s: bytes, start: int, end: int, n: int, out: Numbers) -> None:
    """Note which rules the words around these characters name; none is read twice. C has its own way: `naming.pxi`."""
    at = max(out[READ], start - REACH, 0)
    stop = min(n, end + _AHEAD)
    if at > out[READ] and KIND[s[at - 1]] & ALPHANUMERIC:
        at = worded(s, at, n)  # a word that begins too far away
    while at < stop:
        kind = KIND[s[at]]
        if kind & LETTERS:
            end = lettered_to(s, at, n)
            slot = naming_slot(s, at, end, n)
            if slot >= 0:
                out[NEAR + CONTEXT[slot + 3]] = at + 1
                out[NEAR + CONTEXT[slot + 4]] = at + 1
                out[LATEST] = at + 1
            at = worded(s, end, n) + 1
        elif kind & DIGIT == 0:
            at += 1
        elif out[RUN] <= at < out[RUN_LAST]:
            at = out[RUN_LAST]  # there are no words between the groups of a number
        else:
            at = worded(s, at, n) + 1
    out[READ] = max(out[READ], at)


def worded(s: bytes, at: int, n: int) -> int:
    """The first sign from here on."""
    while at < n and KIND[s[at]] & ALPHANUMERIC:
        at += 1
    return at


def lettered_to(s: bytes, at: int, n: int) -> int:
    """Where the letters end that begin here."""
    while at < n and KIND[s[at]] & LETTERS:
        at += 1
    return at


def naming_slot(s: bytes, first: int, end: int, n: int) -> int:
    """Where the table has the word of these letters; -1 for a word that names no rule, as none with a digit does."""
    if end - first > 31 or (end < n and KIND[s[end]] & DIGIT):
        return -1
    if LENGTHS[32 * (s[first] & 31) + end - first] >> (s[end - 1] & 7) & 1 == 0:
        return -1  # none has this length, and first and last letters like these
    value = 7
    for i in range(first, end):
        value = (value * 31 + SMALL[s[i]]) & _MASK
    slot = value % _SLOTS * 5
    while CONTEXT[slot + 3]:
        if CONTEXT[slot] * 65536 + CONTEXT[slot + 1] * 256 + CONTEXT[slot + 2] == value:
            return slot
        slot = slot + 5 if slot < 5 * _SLOTS - 5 else 0
    return -1


def called_behind(s: bytes, at: int, n: int, out: Numbers) -> None:
    """Note whether a word behind the number that ends here, near enough, says that it is called."""
    stop = min(n, at + _AHEAD)
    out[CALLING] = 0
    at = worded(s, at, n) + 1
    while at < stop:
        if KIND[s[at]] & LETTERS:
            end = lettered_to(s, at, n)
            slot = naming_slot(s, at, end, n)
            if slot >= 0 and (CONTEXT[slot + 3] == PHONE or CONTEXT[slot + 4] == PHONE):
                out[CALLING] = 1
                return
            at = end
        at = worded(s, at, n) + 1
