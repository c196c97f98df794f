"""Answers in this process, the least used gone first."""

from __future__ import annotations

import time
from collections import OrderedDict

from aurarouter_cache.kept import Kept


class Memory:
    """A bounded mapping. All of it is for one thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> Kept | None:
        """The answer, while it holds."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= time.time():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: bytes, kept: Kept, most: int) -> None:
        """Keep an answer, and no more than `most` bytes in all."""
        self._drop(key)
        self._kept[key] = kept
        self.size += kept.size
        while self.size > most and self._kept:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.size = 0

    def _drop(self, key: bytes) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self.size -= gone.size
