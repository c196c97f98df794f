"""Words that stand inside pictures in another form than they are read in: packed, in blocks, or as XML."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

INFLATED = 1 << 20
"""Bytes to which one compressed text of a picture is unpacked; what is longer is cut."""
_PNG = b"\x89PNG\r\n\x1a\n"
_COMMENT = b"!\xfe"


def picture_texts(data: bytes) -> Iterator[str]:
    """The texts of a picture that its bytes don't show as they stand; none of what is no picture."""
    if data.startswith(_PNG):
        yield from _png(data)
    elif data.startswith(b"GIF8"):
        yield from _gif(data)
    if b"&#" in data:
        from html import unescape

        yield unescape(data.decode(errors="replace"))


def _png(data: bytes) -> Iterator[str]:
    """The texts of a PNG picture, apart from the sums behind them, and unpacked where they are kept compressed."""
    at = len(_PNG)
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            continue
        yield body.decode(errors="replace")
        if kind == b"tEXt":
            continue
        _, _, rest = body.partition(b"\0")
        if kind == b"iTXt":
            rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2] if rest[:1] == b"\1" else b""
        else:
            rest = rest[1:]
        try:
            yield zlib.decompressobj().decompress(rest, INFLATED).decode(errors="replace")
        except zlib.error:
            continue  # no text that anybody can read


def _gif(data: bytes) -> Iterator[str]:
    """The comments of a GIF picture, whose blocks of at most 255 bytes cut words in two."""
    at = data.find(_COMMENT)
    while at >= 0:
        at += len(_COMMENT)
        blocks = []
        while at < len(data) and (size := data[at]):
            blocks.append(data[at + 1 : at + 1 + size])
            at += 1 + size
        yield b"".join(blocks).decode(errors="replace")
        at = data.find(_COMMENT, at)
