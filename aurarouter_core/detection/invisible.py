"""Characters without width are left out before anything is looked for: they hide nothing, and rules needn't know them.

One stays where letters would else touch digits, for there it parts a number from a word, as a space does.
"""

from __future__ import annotations

from aurarouter_core.detection.codes import DIGIT, KIND, WORDLY

# What may be parted: 1 a digit, 2 what else words are made of.
SIDES: bytes = bytes([1 if KIND[c] & DIGIT else 2 if KIND[c] & WORDLY else 0 for c in range(256)])


def parted(before: int, after: int) -> bool:
    """What stands between these two bytes parts a number from a word."""
    return SIDES[before] + SIDES[after] == 3
