"""Characters without width are left out before anything is looked for: they hide nothing, and rules needn't know them.

One stays between a number and a word, for there it parts the two, as a space does; in a key, a password or an address,
where letters touch digits too, none does.
"""

from __future__ import annotations

from aurarouter_core.detection.accounts import STRUCTURES
from aurarouter_core.detection.codes import DIGIT, KIND, UPPER, WORDLY

# What may be parted: 1 a digit, 2 what else words are made of; 4 what stands in numbers.
SIDES: bytes = bytes(
    [1 if KIND[c] & DIGIT else 2 if KIND[c] & WORDLY else 4 if c in b" -./()" else 0 for c in range(256)]
)
ASIDE = 7  # so many characters of either side tell
FEW = 4  # digits, of which a number among these has as many


def parted(s: bytes, at: int, n: int) -> bool:
    """What stood before the character at `at`, which isn't the first, parted a number from a word."""
    if SIDES[s[at - 1]] + SIDES[s[at]] != 3:
        return False
    if KIND[s[at]] & DIGIT:
        return of_number(s, at, 1, n) and of_word(s, at - 1, -1, n) and not belongs(s, at, n)
    return of_number(s, at - 1, -1, n) and of_word(s, at, 1, n)


def of_number(s: bytes, at: int, step: int, n: int) -> bool:
    """From here on stands a number, in one direction or the other, and no letter touches the seventh character."""
    last = at + (ASIDE - 1) * step
    if last < 0 or last >= n:
        return False
    digits = 0
    for k in range(ASIDE):
        kind = SIDES[s[at + k * step]]
        if kind & 1:
            digits += 1
        elif kind != 4:
            return False
    last += step
    return digits >= FEW and (last < 0 or last >= n or SIDES[s[last]] != 2)


def of_word(s: bytes, at: int, step: int, n: int) -> bool:
    """From here on stand letters, up to the word's end."""
    k = 0
    while k < ASIDE and 0 <= at < n and SIDES[s[at]] & 3:
        if SIDES[s[at]] == 1:
            return False
        at += step
        k += 1
    return True


def belongs(s: bytes, at: int, n: int) -> bool:
    """The capitals before these digits are the country of an account, or belong to a foreigner's number in Spain."""
    if KIND[s[at - 1]] & UPPER == 0:
        return False
    if at == 1 or KIND[s[at - 2]] & WORDLY == 0:
        return s[at - 1] in b"XYZ"
    if KIND[s[at - 2]] & UPPER == 0 or (at > 2 and KIND[s[at - 3]] & WORDLY):
        return False
    return STRUCTURES[((s[at - 2] - 65) * 26 + s[at - 1] - 65) * 12] > 0 and KIND[s[at + 1]] & DIGIT > 0
