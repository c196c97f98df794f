"""Notices that the disk of the cell's own server was full, and that it has room again."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

log = logging.getLogger(__name__)
FULL = re.compile(rb"no space left on device|disk quota exceeded", re.IGNORECASE)
"""How the server says it, in its log alone: whoever gives it something to store gets no answer."""
ROOM = 64 << 20
"""Bytes with which it's worth a new start."""


class Room:
    """The room that one start of a server has.

    Args:
        folder: The server's own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._log = folder, folder / "nats.log"
        self._read = self._log.stat().st_size if self._log.exists() else 0
        self._was_full = False

    def is_back(self) -> bool:
        """The disk was full, and isn't now. Blocks for a moment.

        What the server was writing to then it doesn't write to again before its next start.
        """
        with self._log.open("rb") as file:
            file.seek(self._read)
            news = file.read()
        self._read += len(news)
        if FULL.search(news) and not self._was_full:
            self._was_full = True
            log.error("the disk under %s is full: this node's server stores nothing more", self._folder)
        return self._was_full and shutil.disk_usage(self._folder).free >= ROOM
