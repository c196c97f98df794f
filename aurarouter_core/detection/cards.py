"""Payment cards: which numbers an issuer could have given out."""

from __future__ import annotations

from aurarouter_core.detection.checks import distinct, luhn, value
from aurarouter_core.detection.codes import DIGITS, Numbers

# Numbers that payment services print in their documentation, for tests; no one's cards.
_PUBLISHED = """
4242424242424242 4111111111111111 4012888888881881 4000056655665556 4000000000000002 4000000000009995
4000002500003155 4000000000003220 5555555555554444 5105105105105100 5200828282828210 5424000000000015
2223003122003222 2223000048400011 378282246310005 371449635398431 378734493671000 340000000000009
6011111111111117 6011000990139424 6011000000000012 30569309025904 38520000023237 36227206271667
3530111333300000 3566002020360505 6200000000000005 4444333322221111 4917610000000000 5454545454545454
4012000033330026
"""
_PLACES = 119  # the smallest divisor that leaves a different rest of each


def _places() -> bytes:
    """The published numbers by their rest, eight bytes each."""
    table = bytearray(8 * _PLACES)
    for word in _PUBLISHED.split():
        at = int(word) % _PLACES * 8
        table[at : at + 8] = int(word).to_bytes(8, "little")
    return bytes(table)


PUBLISHED: bytes = _places()


def issued(out: Numbers, a: int, k: int) -> bool:
    """An issuer gives out numbers that begin like this, of this length."""
    if out[DIGITS + a] < 2 or out[DIGITS + a] > 6:
        return False
    two = value(out, a, 2)
    four = value(out, a, 4)
    if k == 16:
        return (
            out[DIGITS + a] == 4
            or 51 <= two <= 55
            or 2221 <= four <= 2720
            or 3528 <= four <= 3589
            or four == 6011
            or two in (62, 65)
            or 644 <= four // 10 <= 649
            or 2200 <= four <= 2204
            or four in (5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763)
        )
    if k == 15:
        return two in (34, 37)
    if k == 14:
        return two in (36, 38, 39) or 300 <= four // 10 <= 305
    return 17 <= k <= 19 and (out[DIGITS + a] == 4 or two in (62, 65) or four == 6011 or 2200 <= four <= 2204)


def published(number: int) -> bool:
    """It is one of the published numbers."""
    at = number % _PLACES * 8
    k = 0
    while k < 8 and PUBLISHED[at + k] == number & 255:
        number >>= 8
        k += 1
    return k == 8


def card(out: Numbers, a: int, k: int) -> bool:
    """These `k` digits are a card that somebody may own."""
    if not issued(out, a, k) or not luhn(out, a, k) or distinct(out, a, k) < 3:
        return False
    return k > 16 or not published(value(out, a, k))
