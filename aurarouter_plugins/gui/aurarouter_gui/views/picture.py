"""A picture as a small PNG file: with the colours that it is made of, and no more than a palette holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QImage, QPixmap

MOST = 256
"""Colours of a palette."""
EXACT = 64
"""Of the most frequent, as many are kept as they are, however much alike."""
COARSER = (8, 12, 16, 24, 32, 48, 64)
"""Steps of a channel within which colours count as alike: the first with which the palette holds all."""


def save(picture: QPixmap, file: Path) -> None:
    """Write it, with the shades between letters and their ground rounded to those that there are most of."""
    image = picture.toImage().convertToFormat(QImage.Format.Format_RGB32)
    counts = Counter(memoryview(image.constBits()).cast("I"))
    colours = palette([colour for colour, _ in counts.most_common()])
    indexed = image.convertToFormat(QImage.Format.Format_Indexed8, colours)
    indexed.save(str(file), "PNG", 0)  # type: ignore[call-overload]  # 0 compresses best


def palette(colours: Sequence[int]) -> list[int]:
    """Of these colours (`0xAARRGGBB`, most frequent first) those by which all can be shown."""
    if len(colours) <= MOST:
        return list(colours)
    for step in COARSER:
        kept = dict.fromkeys(colours[:EXACT])
        kept.update(dict.fromkeys(_leaders(colours[EXACT:], step)))
        if len(kept) <= MOST:
            break
    return list(kept)[:MOST]


def _leaders(colours: Sequence[int], step: int) -> list[int]:
    """The most frequent colour of each that are alike."""
    found: dict[tuple[int, ...], int] = {}
    for colour in colours:
        found.setdefault(tuple((colour >> shift & 255) // step for shift in (0, 8, 16)), colour)
    return list(found.values())
