"""Bank accounts: the structure of each country's IBAN, and mod 97.

Accounts may begin inside each other, `SA84-MD11-…`. What is read is summed up sign by sign, so that none is read twice.
"""

from __future__ import annotations

from aurarouter_core.detection.codes import (
    DIGIT,
    IBAN,
    KIND,
    LOWER,
    NTHS,
    PLACES,
    SIGNS,
    SPELT,
    SPELT_FROM,
    SPELT_OUT,
    SUMS,
    UPPER,
    WORDLY,
    Numbers,
    add,
)  # fmt: skip

# Country, then what follows the check digits: n digits, a letters, c either; as the registry of ISO 13616 has it.
_STRUCTURES = (
    "AD 8n12c AE 19n AL 8n16c AT 16n AZ 4a20c BA 16n BE 12n BG 4a6n8c BH 4a14c BR 23n1a1c BY 4c4n16c CH 5n12c CR 18n "
    "CY 8n16c CZ 20n DE 18n DK 14n DO 4c20n EE 16n EG 25n ES 20n FI 14n FO 14n FR 10n11c2n GB 4a14n GE 2a16n GI 4a15c "
    "GL 14n GR 7n16c GT 4c20c HR 17n HU 24n IE 4a14n IL 19n IQ 4a15n IS 22n IT 1a10n12c JO 4a4n18c KW 4a22c KZ 3n13c "
    "LB 4n20c LC 4a24c LI 5n12c LT 16n LU 3n13c LV 4a13c LY 21n MC 10n11c2n MD 2c18c ME 18n MK 3n10c2n MR 23n "
    "MT 4a5n18c MU 4a19n3a NL 4a10n NO 11n PK 4a16c PL 24n PS 4a21c PT 21n QA 4a21c RO 4a16c RS 18n SA 2n18c "
    "SC 4a20n3a SE 20n SI 15n SK 20n SM 1a10n12c ST 21n SV 4a20n TL 19n TN 20n TR 6n16c UA 6n19c VA 18n VG 4a16n XK 16n"
)


def _structures() -> bytes:
    """Twelve bytes for each pair of letters: up to three times length and kind, and a 0; all lengths together; what the
    letters are worth; what none of the first two characters, of the next two and of the next four can be.
    """
    table = bytearray(26 * 26 * 12)
    words = _STRUCTURES.split()
    for country, structure in zip(words[::2], words[1::2], strict=True):
        at = ((ord(country[0]) - 65) * 26 + ord(country[1]) - 65) * 12
        number, parts = "", bytearray()
        for c in structure:
            if c.isdigit():
                number += c
            else:
                kind = {"n": DIGIT, "a": UPPER | LOWER, "c": DIGIT | UPPER | LOWER}[c]
                last = len(parts) - 1
                if parts and parts[last] == kind:
                    parts[last - 1] += int(number)  # to us one part with the one before
                else:
                    parts += bytes([int(number), kind])
                number = ""
        table[at : at + len(parts)] = parts
        table[at + 7] = 2 + sum(parts[::2])
        table[at + 8] = (int(country[0], 36) * 10000 + int(country[1], 36) * 100) % 97
        other = (DIGIT | UPPER | LOWER) & ~parts[1]
        table[at + 9 : at + 12] = bytes([other if parts[0] >= seen else 0 for seen in (2, 4, 8)])
    return bytes(table)


STRUCTURES: bytes = _structures()
# What a byte is worth in an account, and what it is: 0 nothing, 1 a digit, 2 a letter, which stands for two digits, 4 a
# sign between the groups, 8 the account's end.
WORTH: bytes = bytes([int(chr(c), 36) if KIND[c] & (DIGIT | UPPER | LOWER) else 0 for c in range(256)])
SPELT_AS: bytes = bytes(
    [
        1 if KIND[c] & DIGIT else 2 if KIND[c] & (UPPER | LOWER) else 4 if c in b" -." else 0 if c == 0x82 else 8
        for c in range(256)
    ]
)
# The rests by 97 of the powers of ten, with the six digits behind them of the country and the check; and of those that
# undo them, for the digits that come after so many others.
TENS: bytes = bytes([pow(10, k + 6, 97) for k in range(96)])
UNDO: bytes = bytes([pow(10, -k, 97) for k in range(96 + 64)])
MOST = 65000  # signs that are summed up in one go: a sum has 16 bits for the number of letters


def iban(s: bytes, i: int, n: int, out: Numbers) -> int:
    """The account whose two check digits begin at `i`, after two letters: where it ends, or 0."""
    a = s[i - 2] - (65 if KIND[s[i - 2]] & UPPER else 97)
    b = s[i - 1] - (65 if KIND[s[i - 1]] & UPPER else 97)
    if (KIND[s[i - 2]] ^ KIND[s[i - 1]]) & (UPPER | LOWER) or a > 25 or b > 25:
        return 0
    entry = (a * 26 + b) * 12
    if STRUCTURES[entry] == 0:
        return 0
    if i >= out[SPELT_OUT]:
        out[SPELT_OUT] = spelt_out(s, i, n)
    if out[SPELT_OUT] - i < STRUCTURES[entry + 7] or unlike(s, i + 2, entry):
        return 0
    first = sign(i + 1, out)
    last = first
    worth = STRUCTURES[entry + 8] + s[i] * 10 + s[i + 1] - 528
    while STRUCTURES[entry]:
        before = out[SUMS + (last & 63)]
        last += STRUCTURES[entry]
        if out[SIGNS] < last and not spelt(s, n, last, out):
            return 0
        letters = out[SUMS + (last & 63)] - before & 65535
        kind = STRUCTURES[entry + 1]
        if kind & DIGIT == 0:
            if letters < STRUCTURES[entry]:
                return 0
        elif kind == DIGIT and letters:
            return 0
        entry += 2
    at = out[PLACES + (last & 63)]
    if at < n and KIND[s[at]] & WORDLY:
        return 0
    total = out[SUMS + (last & 63)]
    # So many digits come before; the remainder without dividing by 96, for as many as there can be.
    place = last + (total & 65535)
    place -= (place * 43691 >> 22) * 96
    worth += (total - out[SUMS + (first & 63)] >> 16) * TENS[place]
    return add(out, IBAN, i - 2, at) if worth % 97 == 1 else 0


def unlike(s: bytes, at: int, entry: int) -> bool:
    """Behind the check digits stands what the account cannot have: seen at a glance, before anything is summed up.

    An account has eleven signs and more there, so that the characters in which it can be seen are there, too.
    """
    two = KIND[s[at]] | KIND[s[at + 1]]
    four = KIND[s[at + 2]] | KIND[s[at + 3]]
    eight = KIND[s[at + 4]] | KIND[s[at + 5]] | KIND[s[at + 6]] | KIND[s[at + 7]]
    return (two & STRUCTURES[entry + 9]) | (four & STRUCTURES[entry + 10]) | (eight & STRUCTURES[entry + 11]) > 0


def spelt_out(s: bytes, at: int, n: int) -> int:
    """Where all accounts that begin from here on have ended: most would be longer, so that nothing is summed up."""
    while at < n and SPELT_AS[s[at]] < 8:
        at += 1
    return at


def sign(i: int, out: Numbers) -> int:
    """How many signs are read up to the one at `i`. If it isn't among what was read last, reading begins behind it."""
    if out[SPELT_FROM] <= i < out[SPELT] < i + 64 and out[SIGNS] < MOST:
        return out[NTHS + (i & 63)]
    out[SPELT_FROM] = i + 1
    out[SPELT] = i + 1
    out[SIGNS] = 0
    out[SUMS] = 0
    return 0


def spelt(s: bytes, n: int, count: int, out: Numbers) -> bool:
    """Read on until there are so many signs; False when an account ends before."""
    at = out[SPELT]
    signs = out[SIGNS]
    total = out[SUMS + (signs & 63)]
    place = (signs + (total & 65535)) % 96
    stop = out[SPELT_OUT]
    while signs < count and at < stop:
        kind = SPELT_AS[s[at]]
        if kind & 3:
            place += kind
            total += 65536 * WORTH[s[at]] * UNDO[place] + (kind >> 1)
            signs += 1
            out[NTHS + (at & 63)] = signs
            out[SUMS + (signs & 63)] = total
            out[PLACES + (signs & 63)] = at + 1
        elif kind and (at + 1 == n or KIND[s[at + 1]] & WORDLY == 0):
            break
        at += 1
    out[SPELT] = at
    out[SIGNS] = signs
    return signs == count
