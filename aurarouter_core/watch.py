"""Looks at files every now and then, and tells when one has changed, appeared or gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

Look = tuple[tuple[int, int, int] | None, ...]


SETTLED = 0.25
"""Seconds for which files must be as they are before a change counts: one that is half written may be valid, too."""


async def changes(files: Callable[[], Sequence[Path]], before: Look, every: float) -> AsyncGenerator[None]:
    """Yields each time that the files are not what they were. Polls, since that works on every file system.

    Args:
        files: Which files to look at now; asked anew each time.
        before: How they were when they were last read.
        every: Seconds between two looks.
    """
    last = before
    while True:
        now = await asyncio.to_thread(lambda: look(files()))
        moving, last = now != last, now
        if now != before and not moving:
            before = now
            yield
        await asyncio.sleep(min(SETTLED, every) if moving else every)


def look(files: Sequence[Path]) -> Look:
    """How files are now. Take it before they are read: what changes meanwhile is then seen at the next look."""
    seen: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            status = file.stat()
            seen.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            seen.append(None)  # not there, or not to be seen: the reload says which
    return tuple(seen)
