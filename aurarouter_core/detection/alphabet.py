"""The alphabet of the scan: every character as one byte, so that disguised digits and signs look like plain ones.

ASCII stands for itself. Digits of any script, full-width signs, odd spaces, dashes and quotes become the plain ones; a
letter of a European script is `LETTER`, what has no width `NOTHING`, everything else `OTHER`.
"""

from __future__ import annotations

from functools import cache

LETTER, OTHER, NOTHING = 0x80, 0x81, 0x82
_ALPHABETS = 0x530  # Latin, Greek and Cyrillic end below; other scripts may join a number without a space
INVISIBLE = frozenset({0xAD, 0x034F, 0x061C, 0xFEFF}).union(
    range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070), range(0xFE00, 0xFE10)
)
_DASHES = frozenset({*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63})
_QUOTES = {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"', 0xAB: '"', 0xBB: '"'}
# Every page of 256 that holds a character which is not simply OTHER; a test looks for more.
_PAGES = bytes.fromhex(
    "00 01 02 03 04 05 06 07 09 0a 0b 0c 0d 0e 0f 10 16 17 18 19 1a 1b 1c 20 22 30 a6 a8 a9 aa ab fe ff"
)
_MATHEMATICAL = range(0x1D7CE, 0x1D800)  # five alphabets of digits above the basic plane


def folded(point: int) -> int:
    """The byte of a character."""
    if point < 0x80:
        return point
    if point in _MATHEMATICAL:
        return 48 + (point - _MATHEMATICAL.start) % 10
    if point > 0xFFFF or point >> 8 not in _PAGES:
        return OTHER
    c = chr(point)
    if c.isdecimal():
        return 48 + int(c)
    if 0xFF01 <= point <= 0xFF5E:
        return point - 0xFEE0
    if point in INVISIBLE:
        return NOTHING
    if point in _DASHES:
        return 45
    if point in _QUOTES:
        return ord(_QUOTES[point])
    if c.isspace():
        return 10 if point in (0x85, 0x2028, 0x2029) else 32
    return LETTER if point < _ALPHABETS and c.isalpha() else OTHER


@cache
def plane() -> bytes:
    """The bytes of the basic plane's 65,536 characters."""
    made = bytearray([OTHER]) * 0x10000
    for page in _PAGES:
        made[page << 8 : (page + 1) << 8] = bytes([folded(point) for point in range(page << 8, (page + 1) << 8)])
    return bytes(made)
