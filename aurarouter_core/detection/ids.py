"""Cards and national ids: what digits may be by their number, or by the lengths of their groups."""

from __future__ import annotations

from aurarouter_core.detection.cards import card
from aurarouter_core.detection.checks import (
    brazilian,
    chinese,
    dutch,
    finnish,
    french,
    german_tax,
    luhn,
    polish,
    swedish,
    value,
    verhoeff,
)
from aurarouter_core.detection.codes import (
    BR_CPF,
    CA_SIN,
    CARD,
    CN_ID,
    DE_TAX_ID,
    DIGITS,
    FI_HETU,
    FR_NIR,
    GROUPS,
    IN_AADHAAR,
    KIND,
    NEAR,
    NL_BSN,
    PL_PESEL,
    SE_NUMBER,
    SKEWED,
    US_SSN,
    WORDLY,
    Numbers,
    add,
)  # fmt: skip
from aurarouter_core.detection.context import near


def plain(s: bytes, start: int, end: int, n: int, a: int, k: int, out: Numbers) -> bool:
    """Judge `k` digits without a sign between them; most need a word that says what they are."""
    if k == 9:
        if dutch(out, a) and named_id(s, start, end, n, NL_BSN, out):
            return True
        if luhn(out, a, 9) and named_id(s, start, end, n, CA_SIN, out):
            return True
        return american(out, a) and named_id(s, start, end, n, US_SSN, out)
    if k == 11:
        if german_tax(out, a) and named_id(s, start, end, n, DE_TAX_ID, out):
            return True
        if polish(out, a) and named_id(s, start, end, n, PL_PESEL, out):
            return True
        return brazilian(out, a) and named_id(s, start, end, n, BR_CPF, out)
    if k == 12 and verhoeff(out, a, 12) and out[DIGITS + a] > 1 and named_id(s, start, end, n, IN_AADHAAR, out):
        return True
    if k in (10, 12):
        return swedish(out, a + k - 10) and named_id(s, start, end, n, SE_NUMBER, out)
    if k < 13:
        return False
    if card(out, a, k):
        return noted(s, start, end, CARD, out)
    if k == 15 and french(out, a):
        return noted(s, start, end, FR_NIR, out)
    return k == 18 and chinese(out, a, out[DIGITS + a + 17] + 48) and noted(s, start, end, CN_ID, out)


def leads_on(shape: int) -> bool:
    """Groups of these lengths are, or begin, one of the shapes below."""
    if shape < 10000:
        return shape in (
            1, 2, 3, 4, 6, 8, 12, 23, 32, 33, 42, 44, 46, 64, 84, 88, 122, 233, 324, 333, 423, 444, 464, 465, 1222,
            2333, 3332, 4444,
        )  # fmt: skip
    return shape in (12223, 44443, 122233, 1222332)


# Whether groups of these two lengths do: ten times the first, and the second.
PAIRS: bytes = bytes(shape in (12, 23, 32, 33, 42, 44, 46, 64, 84, 88) for shape in range(100))


def shaped(s: bytes, start: int, end: int, n: int, a: int, shape: int, mixed: int, out: Numbers) -> bool:
    """Judge groups by their lengths, which are the digits of `shape`; `mixed` has the signs between them."""
    if shape == 4444:
        return card(out, a, 16) and aligned(start, out) and noted(s, start, end, CARD, out)
    if shape == 444:
        if out[DIGITS + a] < 2 or not near(s, start, end, n, IN_AADHAAR, out):
            return False
        return verhoeff(out, a, 12) and noted(s, start, end, IN_AADHAAR, out)
    if shape == 333 and luhn(out, a, 9) and named_id(s, start, end, n, CA_SIN, out):
        return True
    if shape in (333, 423):
        return dutch(out, a) and named_id(s, start, end, n, NL_BSN, out)
    if shape == 324:
        return american(out, a) and named_id(s, start, end, n, US_SSN, out)
    rule = -1
    if shape == 88 or shape == 464 or shape == 465 or shape == 44443:
        rule = CARD if card(out, a, 16 if shape == 88 else 14 if shape == 464 else 15 if shape == 465 else 19) else -1
    elif shape == 2333:
        rule = DE_TAX_ID if german_tax(out, a) else -1
    elif shape == 3332:
        rule = BR_CPF if mixed == 41 and brazilian(out, a) else -1
    elif shape == 1222332:
        rule = FR_NIR if french(out, a) else -1
    elif mixed == 1 and shape == 84:
        rule = SE_NUMBER if value(out, a, 2) in (19, 20) and swedish(out, a + 2) else -1
    elif mixed == 1 and shape == 64:
        rule = FI_HETU if finnish(out, a, out[DIGITS + a + 9] + 48) else -1
        rule = SE_NUMBER if swedish(out, a) else rule
    return rule >= 0 and noted(s, start, end, rule, out)


def noted(s: bytes, start: int, end: int, rule: int, out: Numbers) -> bool:
    """Write a number down, unless it is the rest of a longer one or the digits after a point."""
    if start > 1 and s[start - 1] in b".-/" and KIND[s[start - 2]] & WORDLY:
        return False
    add(out, rule, start, end)
    return True


def named_id(s: bytes, start: int, end: int, n: int, rule: int, out: Numbers) -> bool:
    """Write an id down if a word says what it is."""
    if not near(s, start, end, n, rule, out) or not noted(s, start, end, rule, out):
        return False
    out[NEAR + rule] = end  # the rows of a table name their column only once
    return True


def american(out: Numbers, a: int) -> bool:
    """A social security number that could have been issued; there is no check digit."""
    area = value(out, a, 3)
    return 0 < area < 900 and area != 666 and value(out, a + 3, 2) > 0 and value(out, a + 5, 4) > 0


def aligned(start: int, out: Numbers) -> bool:
    """Among many groups of four digits in a row, as in a table, only each fourth may be a card's first."""
    entry = GROUPS
    fours = 0
    while out[entry] < start:
        fours = fours + 1 if out[entry + 6] - out[entry + 2] == 4 else 0
        entry += 4
    out[SKEWED] = out[SKEWED] or fours % 4
    return fours % 4 == 0
