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
    DIGIT,
    DIGITS,
    FI_HETU,
    FOURS,
    FR_NIR,
    GROUPS,
    IN_AADHAAR,
    KIND,
    LENT,
    LONGEST,
    NEAR,
    NL_BSN,
    PL_PESEL,
    SE_NUMBER,
    SKEWED,
    US_SSN,
    WORDLY,
    Numbers,
    add,
    loose,
    told,
)  # fmt: skip
from aurarouter_core.detection.context import near


def plain(s: bytes, start: int, end: int, n: int, a: int, k: int, out: Numbers) -> bool:
    """Judge `k` digits without a sign between them; most need a word that says what they are."""
    if k == 9:
        if near(s, start, end, n, NL_BSN, out) and dutch(out, a) and named_id(s, start, end, n, NL_BSN, out):
            return True
        if near(s, start, end, n, CA_SIN, out) and luhn(out, a, 9) and named_id(s, start, end, n, CA_SIN, out):
            return True
        return american(out, a) and named_id(s, start, end, n, US_SSN, out)
    if k == 11:
        if near(s, start, end, n, DE_TAX_ID, out) and german_tax(out, a) and named_id(s, start, end, n, DE_TAX_ID, out):
            return True
        if near(s, start, end, n, PL_PESEL, out) and polish(out, a) and named_id(s, start, end, n, PL_PESEL, out):
            return True
        return near(s, start, end, n, BR_CPF, out) and brazilian(out, a) and named_id(s, start, end, n, BR_CPF, out)
    if k == 12 and verhoeff(out, a) and out[DIGITS + a] > 1 and named_id(s, start, end, n, IN_AADHAAR, out):
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


# Lengths of the groups that `shaped` judges.
_SHAPES = "444 4444 44443 88 464 465 333 3332 324 423 2333 1222332 84 64"


def _leads() -> bytes:
    """The lengths as an automaton: where a group leads to, ten numbers for each state, and 100 more for a whole shape.

    From state 0 nothing leads on, in state 1 nothing is read yet.
    """
    states = {"": 1}
    for shape in _SHAPES.split():
        for end in range(1, len(shape) + 1):
            states.setdefault(shape[:end], len(states) + 1)
    table = bytearray(10 * len(states) + 10)
    for read, state in states.items():
        if read:
            before, last = read[: len(read) - 1], read[len(read) - 1]
            table[10 * states[before] + int(last)] = state + (100 if read in _SHAPES.split() else 0)
    return bytes(table)


LEADS: bytes = _leads()


def several(s: bytes, first: int, groups: int, n: int, out: Numbers) -> int:
    """Judge a group of at most nine digits and those behind it by their lengths; returns how many are a finding."""
    entry = GROUPS + 4 * first
    read = out[entry + 6]
    shape = read - out[entry + 2]
    state = LEADS[10 + shape]
    last = GROUPS + 4 * groups - 4
    while entry < last:
        entry += 4
        k = out[entry + 6] - read
        if k > 9:
            return 0
        read += k
        shape = shape * 10 + k
        state = LEADS[10 * state + k]
        if state >= 100:
            state -= 100
            whole = 1 if entry == last or out[entry + 7] == 32 else 0
            whole = 1 if shape in (4444, 44443, 465, 464, 88) and valid(entry, 47, out) else whole
            if whole and read <= LONGEST and shaped(s, first, out[entry + 1], n, shape, out):
                return (entry - GROUPS) // 4 + 1 - first
        elif state == 0:
            return 0
    loose(first, out)
    return 0


def shaped(s: bytes, first: int, end: int, n: int, shape: int, out: Numbers) -> bool:
    """Judge the groups from `first` on by their lengths, which are the digits of `shape`."""
    entry = GROUPS + 4 * first
    start = out[entry]
    a = out[entry + 2]
    if shape == 4444:
        return aligned(first, out) and card(out, a, 16) and noted(s, start, end, CARD, out)
    if shape == 444:
        if out[DIGITS + a] < 2 or not near(s, start, end, n, IN_AADHAAR, out):
            return False
        return verhoeff(out, a) and noted(s, start, end, IN_AADHAAR, out)
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
        if out[entry + 7] in b"./" and out[entry + 11] in b"./" and out[entry + 15] == 45 and brazilian(out, a):
            rule = BR_CPF
    elif shape == 1222332:
        rule = FR_NIR if french(out, a) else -1
    elif shape == 84 and out[entry + 7] == 45:
        rule = SE_NUMBER if value(out, a, 2) in (19, 20) and swedish(out, a + 2) else -1
    elif shape == 64 and out[entry + 7] == 45:
        rule = FI_HETU if finnish(out, a, out[DIGITS + a + 9] + 48) else -1
        rule = SE_NUMBER if swedish(out, a) else rule
    return rule >= 0 and noted(s, start, end, rule, out)


def valid(entry: int, sign: int, out: Numbers) -> bool:
    """Behind this group comes, after the sign, how long a card is valid: two to four digits."""
    return out[entry + 7] == sign and 2 <= out[entry + 10] - out[entry + 6] <= 4


def noted(s: bytes, start: int, end: int, rule: int, out: Numbers) -> bool:
    """Write a number down, unless it is the rest of a longer one or the digits after a point.

    Behind a word, as in `card-4539…`, it is none; but many a file is named with date and time there.
    """
    sign = s[start - 1] if start > 1 and KIND[s[start - 2]] & WORDLY else 32
    joined = 1 if sign in b"._-/" and (rule != CARD or sign != 47) else 0
    if joined and (rule in (SE_NUMBER, FI_HETU) or hexadecimal(s, start - 2)):
        return False
    add(out, rule, start, end)
    return True


def hexadecimal(s: bytes, at: int) -> bool:
    """The last characters of the word that ends here are digits, or among digits as in a UUID."""
    last = max(0, at - 15)
    digits = 0
    while at >= last and KIND[s[at]] & WORDLY:
        if KIND[s[at]] & DIGIT:
            digits = 1
        elif s[at] | 32 not in b"abcdef":
            return False
        at -= 1
    return digits > 0


def named_id(s: bytes, start: int, end: int, n: int, rule: int, out: Numbers) -> bool:
    """Write an id down if a word says what it is."""
    if told(out, rule) or not near(s, start, end, n, rule, out) or not noted(s, start, end, rule, out):
        return False
    out[NEAR + rule] = end  # the rows of a table name their column only once
    out[LENT] = end
    return True


def american(out: Numbers, a: int) -> bool:
    """A social security number that could have been issued; there is no check digit."""
    area = value(out, a, 3)
    return 0 < area < 900 and area != 666 and value(out, a + 3, 2) > 0 and value(out, a + 5, 4) > 0


def aligned(first: int, out: Numbers) -> bool:
    """Among many groups of four digits in a row, as in a table, only each fourth may be a card's first."""
    if out[FOURS + first] % 4 == 0:
        return True
    out[SKEWED] = 1
    return False
