"""The headers of model files, read once for as long as the file stays the same."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from aurarouter_core import gguf
from aurarouter_hooks import AssetError, GgufHeader

log = logging.getLogger(__name__)
State = tuple[int, int, int]


class Headers:
    """What was read. A file that is no GGUF file, or a damaged one, has no header; the log says why."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[State, GgufHeader | None]] = {}
        self._problems: dict[Path, str] = {}

    async def of(self, path: Path) -> GgufHeader | None:
        """The header of a file, read beside the loop; None when it has none."""
        known = self._known(path)
        return known[1] if known else await asyncio.to_thread(self.read, path)

    def read(self, path: Path) -> GgufHeader | None:
        """The same, read now."""
        known = self._known(path)
        if known:
            return known[1]
        state = _state(path)
        try:
            header = gguf.read(path)
        except AssetError as error:
            log.info("nothing is known of the memory that %s needs: %s", path, error)
            header = None
            self._problems[path] = str(error)
        if state is not None:
            self._read[path] = state, header
        return header

    def problem(self, path: Path) -> str:
        """Why a file that was read has no header."""
        return self._problems.get(path, "")

    def _known(self, path: Path) -> tuple[State, GgufHeader | None] | None:
        known = self._read.get(path)
        return known if known and known[0] == _state(path) else None


def _state(path: Path) -> State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
