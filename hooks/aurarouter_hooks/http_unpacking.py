"""Unpacks an answer in small pieces: a kilobyte may stand for gigabytes, and whoever reads has to be able to stop."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

MOST = 1 << 16  # bytes of one piece
PACKED = ("gzip", "x-gzip", "deflate")
ACCEPTED = "gzip, deflate"  # what to ask servers for: HTTP libraries ask for whatever they can unpack themselves
EITHER = zlib.MAX_WBITS | 32  # gzip's frame or zlib's, whichever it is
BARE = -zlib.MAX_WBITS  # what some servers mean by deflate


def packing(said: str) -> str:
    """What an answer is packed in, as its header `content-encoding` says.

    Empty for nothing, and for what was not asked for: another packing, or one inside another.
    """
    name = said.strip().lower()
    return name if name in PACKED else ""


async def unpacked(pieces: AsyncIterable[bytes], packed: str, broken: type[Exception]) -> AsyncGenerator[bytes]:
    """What the pieces stand for.

    Args:
        pieces: The bytes as they come.
        packed: As `packing` told it.
        broken: Raised where they are broken.
    """
    inflate = None
    async for piece in pieces:
        if inflate is None and piece:
            bare = packed == "deflate" and piece[0] & 15 != zlib.DEFLATED
            inflate = zlib.decompressobj(BARE if bare else EITHER)
        made, rest = b"", piece
        while inflate is not None and (rest or len(made) == MOST):
            try:
                made = inflate.decompress(rest, MOST)
            except zlib.error as exc:
                raise broken(str(exc)) from exc
            rest = inflate.unconsumed_tail
            if made:
                yield made
