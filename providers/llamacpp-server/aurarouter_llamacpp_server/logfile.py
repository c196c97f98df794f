"""A log of bounded size: one file and the one before it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

LIMIT = 2**20  # bytes of each of the two files
log = logging.getLogger(__name__)


class LogFile:
    """Takes whatever comes, at any speed, and never holds or keeps more than two files' worth.

    Args:
        path: The newer file; the older one is called `….1`. None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file = -1
        self._size = 0

    def write(self, data: bytes) -> None:
        """Add bytes. A disk that doesn't take them costs a warning, and the log."""
        if self.path is None:
            return
        try:
            if self._file < 0 or self._size + len(data) > LIMIT:
                self._turn(self.path)
            os.write(self._file, data)
            self._size += len(data)
        except OSError as exc:
            log.warning("the log %s can't be written: %s", self.path, exc)
            self.close()
            self.path = None

    def close(self) -> None:
        """Close the file; writing opens it again."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._size = -1, 0

    def _turn(self, path: Path) -> None:
        self.close()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.1"))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
