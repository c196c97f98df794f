"""The bytes of an untrusted file, read in order. No length in it is believed before it was checked."""

from __future__ import annotations

from struct import Struct
from typing import BinaryIO

from aurarouter_hooks import AssetError

MOST_HEADER = 128 * 2**20
"""Bytes of a header; the largest vocabularies need a tenth of it."""
MOST_TEXT = 16 * 2**20
MOST_LISTED = 2**22
"""Texts in the lists of one header, together: four times the largest vocabulary and its merges."""
WINDOW = 2**20
HINT = "Fetch it again, or name another file."


class Cursor:
    """A place in the file.

    Args:
        source: The file.
        size: Its bytes.
        name: What people call it.

    Attributes:
        position: Bytes before this place.
        what: What is being read, for errors.
    """

    def __init__(self, source: BinaryIO, size: int, name: str) -> None:
        self.position = 0
        self.what = "its first bytes"
        self._source = source
        self._size = size
        self._name = name
        self._end = min(size, MOST_HEADER)
        self._window = b""
        self._base = 0
        self._listed = 0
        self.turn("<")

    def turn(self, order: str) -> None:
        """From here on numbers are little- ("<") or big-endian (">")."""
        self._u32, self._u64 = Struct(order + "I"), Struct(order + "Q")

    def wrong(self, why: str, *, hint: str = HINT) -> AssetError:
        """The error that says so of this place."""
        return AssetError(f"{self._name} is no usable GGUF file: {why} (at byte {self.position})", hint=hint)

    def take(self, count: int) -> bytes:
        """The next bytes.

        Raises:
            AssetError: There are not so many, or the header is too large.
        """
        start = self._ready(count)
        self.position += count
        return self._window[start : start + count]

    def skip(self, count: int) -> None:
        """Pass over bytes. Raises as `take` does."""
        if count > self._end - self.position:
            raise self._too_short()
        self.position += count

    def u32(self) -> int:
        """The next 4 bytes as a number."""
        start = self._ready(4)
        self.position += 4
        return int(self._u32.unpack_from(self._window, start)[0])

    def u64(self) -> int:
        """The next 8 bytes as a number."""
        start = self._ready(8)
        self.position += 8
        return int(self._u64.unpack_from(self._window, start)[0])

    def unpack(self, form: Struct) -> tuple[int, ...]:
        """The next bytes in this form."""
        start = self._ready(form.size)
        self.position += form.size
        return form.unpack_from(self._window, start)

    def text(self, most: int = MOST_TEXT) -> bytes:
        """A text behind its length."""
        length = self.u64()
        if length > most:
            raise self._too_long(length, most)
        return self.take(length)

    def skip_texts(self, count: int) -> None:
        """Pass over a list of texts."""
        self._listed += count
        if self._listed > MOST_LISTED:
            raise self.wrong(f"{self.what} lists more than {MOST_LISTED} texts")
        unpack = self._u64.unpack_from
        while count:
            at = begin = self._ready(8)
            window, last = self._window, len(self._window) - 8
            while count and at <= last:  # a vocabulary has a hundred thousand of them
                (length,) = unpack(window, at)
                if length > MOST_TEXT:
                    self.position += at - begin
                    raise self._too_long(length, MOST_TEXT)
                at += 8 + length
                count -= 1
            self.skip(at - begin)

    def _too_long(self, length: int, most: int) -> AssetError:
        return self.wrong(f"{self.what} holds a text of {length} bytes, and {most} are the most")

    def _ready(self, count: int) -> int:
        """Make sure that so many bytes are in the window; returns where they begin in it."""
        start = self.position - self._base
        if start >= 0 and start + count <= len(self._window):
            return start
        if count > self._end - self.position:
            raise self._too_short()
        self._source.seek(self.position)
        self._window = self._source.read(min(max(count, WINDOW), self._end - self.position))
        self._base = self.position
        if len(self._window) < count:  # it was cut while we read
            self._end = self.position + len(self._window)
            raise self._too_short()
        return 0

    def _too_short(self) -> AssetError:
        if self._end < self._size:
            return self.wrong(f"{self.what} lies beyond {self._end} bytes, and no header is so long")
        return self.wrong(f"it ends in the middle of {self.what}")
