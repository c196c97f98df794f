"""Bank accounts: the structure of each country's IBAN, and mod 97."""

from __future__ import annotations

from aurarouter_core.detection.codes import DIGIT, GAP, IBAN, KIND, LOWER, UPPER, WORDLY, Numbers, add

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
    """Eight bytes for each pair of letters: up to three times length and kind."""
    table = bytearray(26 * 26 * 8)
    words = _STRUCTURES.split()
    for country, structure in zip(words[::2], words[1::2], strict=True):
        at = ((ord(country[0]) - 65) * 26 + ord(country[1]) - 65) * 8
        number, parts = "", bytearray()
        for c in structure:
            if c.isdigit():
                number += c
            else:
                kinds = {"n": DIGIT, "a": UPPER | LOWER, "c": DIGIT | UPPER | LOWER}
                parts += bytes([int(number), kinds[c]])
                number = ""
        table[at : at + len(parts)] = parts
    return bytes(table)


STRUCTURES: bytes = _structures()


def iban(s: bytes, i: int, n: int, out: Numbers) -> int:
    """The account whose check digits begin at `i`, after two letters: where it ends, or 0."""
    a = s[i - 2] - (65 if KIND[s[i - 2]] & UPPER else 97)
    b = s[i - 1] - (65 if KIND[s[i - 1]] & UPPER else 97)
    if (KIND[s[i - 2]] ^ KIND[s[i - 1]]) & (UPPER | LOWER) or a > 25 or b > 25:
        return 0
    entry = (a * 26 + b) * 8
    if STRUCTURES[entry] == 0:
        return 0
    check = -1
    rest = s[i] - 48
    left = 1  # of what one kind may be: first the second check digit
    kind = DIGIT
    at = i + 1
    while left:
        if at >= n:
            return 0
        c = s[at]
        at += 1
        if KIND[c] & kind == 0:
            if (KIND[c] & GAP and c != 47 and at < n and KIND[s[at]] & WORDLY) or c == 0x82:
                continue  # a sign between them
            return 0
        rest = rest * 10 + c - 48 if KIND[c] & DIGIT else rest * 100 + c - (55 if KIND[c] & UPPER else 87)
        if rest > 10000000:
            rest %= 97
        left -= 1
        if left == 0:
            if check < 0:
                check = rest
                rest = 0
            left = STRUCTURES[entry]
            kind = STRUCTURES[entry + 1]
            entry += 2
    if at < n and KIND[s[at]] & WORDLY:
        return 0
    rest = ((rest % 97 * 100 + a + 10) * 100 + b + 10) % 97
    if (rest * 100 + check) % 97 != 1:
        return 0
    return add(out, IBAN, i - 2, at)
