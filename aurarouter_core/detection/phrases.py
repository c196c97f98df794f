"""The headings that call a text confidential, as the scan wants them."""

from __future__ import annotations

from collections.abc import Iterable

from aurarouter_core.detection.alphabet import LETTER, OTHER, folded
from aurarouter_core.detection.codes import KIND, LETTERS, LONGEST, ODD, ROWS

_FOREIGN = 1 << (LETTER & 31) | 1 << (OTHER & 31)

PHRASES = (
    "confidential", "strictly confidential", "highly confidential", "company confidential", "top secret",
    "private and confidential", "confidential and proprietary", "proprietary and confidential", "internal only",
    "internal use only", "for internal use only", "not for distribution", "do not distribute",
    "attorney-client privileged", "attorney client privileged", "privileged and confidential", "tlp:red", "tlp:amber",
    "vertraulich", "streng vertraulich", "nur für den internen gebrauch", "nur für internen gebrauch",
    "nur für den dienstgebrauch", "vs-nfd", "betriebsgeheimnis", "confidentiel", "strictement confidentiel",
    "usage interne uniquement", "diffusion restreinte", "confidencial", "estrictamente confidencial",
    "uso interno", "uso exclusivo interno", "estritamente confidencial", "riservato", "strettamente riservato",
    "strettamente confidenziale", "vertrouwelijk", "strikt vertrouwelijk", "alleen voor intern gebruik", "poufne",
    "ściśle poufne", "konfidentiellt", "strengt fortrolig", "fortroligt", "luottamuksellinen", "конфиденциально",
    "строго конфиденциально", "机密", "绝密", "内部资料", "社外秘", "極秘", "機密", "대외비", "سري للغاية",
)  # fmt: skip


def marks_of(phrases: Iterable[str]) -> list[int]:
    """For each first byte below 128, and each rest of other first points, where the row begins, or 0; then the rows.

    A row has the lower five bits of its phrases' second bytes as a set, those of the third ones, the phrases, and 0.
    Before each phrase come its length, and how many of its points are those that the one before it begins with, too.
    """
    rows: dict[int, list[list[int]]] = {}
    for phrase in dict.fromkeys(" ".join(phrase.split()) for phrase in phrases):
        points = [ord(c.lower()[0]) for c in phrase]
        if len(points) > 1:
            byte = _first_byte(points[0])
            rows.setdefault(byte if byte < 128 else 128 + points[0] % ROWS, []).append(points)
    table = [0] * 256
    for byte, row in rows.items():
        table[byte] = len(table)
        if byte < 128 and KIND[byte] & LETTERS == 0:
            table[ODD] = 1
        # A letter beyond ASCII may be of another kind where it's a capital, as İ is.
        table.append(_seconds(row) | (_FOREIGN if byte > 127 else 0))
        table.append(_thirds(row))
        before: list[int] = []
        for points in sorted(row, key=_order, reverse=True):
            table += [len(points), _alike(before, points), *points]
            before = points
        table.append(0)
    return table


def _seconds(row: list[list[int]]) -> int:
    """The lower five bits of the bytes that may come second, as a set. Between words stands any of several signs."""
    bytes_ = {byte for points in row for byte in (b" \t-_" if points[1] == 32 else [_first_byte(points[1])])}
    return sum({1 << (byte & 31) for byte in bytes_})


def _thirds(row: list[list[int]]) -> int:
    """The same of the third bytes; all, where a phrase is shorter or several signs may stand before its third point."""
    if any(len(points) == 2 or points[1] == 32 for points in row):
        return 0xFFFFFFFF
    return _seconds([points[1:] for points in row]) | _FOREIGN


def _order(points: list[int]) -> tuple[list[str], int]:
    """By this, a phrase comes after all that it begins with: what stands between words may be several signs."""
    return "".join(map(chr, points)).replace("-", " ").replace("_", " ").split(), len(points)


def _alike(before: list[int], points: list[int]) -> int:
    """How many points both begin with; no more than the scan remembers."""
    alike = 0
    for first, second in zip(before[:LONGEST], points, strict=False):
        if first != second:
            break
        alike += 1
    return alike


def _first_byte(point: int) -> int:
    """The byte of a character, small."""
    byte = folded(point)
    return byte + 32 if 65 <= byte <= 90 else byte
