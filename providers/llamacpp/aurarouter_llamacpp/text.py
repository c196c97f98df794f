"""From the bytes of tokens to text that may be shown: whole characters, and nothing of a stop word."""

import codecs
from collections.abc import Sequence


class Unrolled:
    """Text as it arrives, held back while it may be the beginning of a stop word.

    Args:
        words: The text ends before the first of these.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.ended = False

    def add(self, piece: bytes) -> str:
        """Take a token's bytes and return what may be shown now. `ended` tells that a stop word was found."""
        self._held += self._decoder.decode(piece)
        found = [at for word in self._words if (at := self._held.find(word)) >= 0]
        if found:
            self.ended = True
            shown, self._held = self._held[: min(found)], ""
            return shown
        keep = self._undecided()
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def rest(self) -> str:
        """What was held back and turned out to be no stop word. Half a character at the very end is dropped."""
        shown, self._held = self._held, ""
        return shown

    def _undecided(self) -> int:
        longest = max(map(len, self._words), default=1) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            if any(word.startswith(self._held[-size:]) for word in self._words):
                return size
        return 0
