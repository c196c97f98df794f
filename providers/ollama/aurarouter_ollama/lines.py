"""Reads an answer of JSON lines, each of bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aurarouter_hooks import ProviderReplyError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx

LINE_LIMIT = 4 * 2**20  # bytes of one line


async def read_lines(response: httpx.Response, origin: str) -> AsyncGenerator[bytes]:
    """The lines of an answer that hold something, in order. The last needs no line end.

    Args:
        origin: Where it comes from, for messages.

    Raises:
        ProviderReplyError: One line is too large.
    """
    held = bytearray()
    async for piece in response.aiter_bytes():
        for part in piece.splitlines(keepends=True):
            held += part
            if len(held) > LINE_LIMIT:
                raise ProviderReplyError(f"{origin} sent a line of more than {LINE_LIMIT >> 20} MiB")
            if part.endswith(b"\n"):
                line = held.strip()
                held.clear()
                if line:
                    yield bytes(line)
    if held.strip():
        yield bytes(held)
