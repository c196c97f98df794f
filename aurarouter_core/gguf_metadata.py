"""The metadata of a GGUF file: what is wanted of it is kept, the rest is passed over."""

from __future__ import annotations

from struct import Struct
from typing import Any

from attrs import frozen

from aurarouter_core.gguf_bytes import Cursor
from aurarouter_core.gguf_types import FILES, LIST, POOLING, SCALARS, TEXT, WHOLE

MOST_KEY = 65_535
"""Bytes, by the format's own rule."""
MOST_BLOCKS = 65_536
MOST_WORD = 64
"""Characters of an architecture's name."""
WANTED = frozenset((
    "general.alignment", "general.architecture", "general.file_type", "general.name", "split.count",
    "tokenizer.chat_template", "tokenizer.ggml.tokens",
))  # fmt: skip
OF_AN_ARCHITECTURE = frozenset((
    "attention.head_count", "attention.head_count_kv", "attention.key_length", "attention.value_length",
    "block_count", "context_length", "embedding_length", "pooling_type", "vocab_size",
))  # fmt: skip


@frozen
class _List:
    """A list: where its items are, not what they are."""

    kind: int
    count: int
    position: int


class Metadata:
    """What a file's metadata says, once all of it was read.

    Args:
        cursor: At the first entry; afterwards behind the last.
        entries: How many there are.
        order: "<" or ">".

    Raises:
        AssetError: It is damaged.
    """

    def __init__(self, cursor: Cursor, entries: int, order: str) -> None:
        self._cursor = cursor
        self._order = order
        self._scalars = {kind: Struct(order + letter) for kind, letter in SCALARS.items()}
        self._known: dict[str, Any] = {}
        seen: set[bytes] = set()
        for number in range(entries):
            cursor.what = f"metadata entry {number + 1} of {entries}"
            key = cursor.text(MOST_KEY)
            if key in seen:
                raise cursor.wrong(f"the metadata key '{key.decode(errors='replace')[:80]}' stands in it twice")
            seen.add(key)
            self._entry(key.decode(errors="replace"), cursor.u32())
        self.architecture = self.text("general.architecture")
        if not 0 < len(self.architecture) <= MOST_WORD or not self.architecture.isprintable():
            raise cursor.wrong("its metadata names no architecture")

    def _entry(self, key: str, kind: int) -> None:
        cursor = self._cursor
        wanted = key in WANTED or key.partition(".")[2] in OF_AN_ARCHITECTURE
        if kind == TEXT:
            value: Any = cursor.text()
        elif kind == LIST:
            value = _List(cursor.u32(), cursor.u64(), cursor.position)
            self._pass_over(value)
        elif kind in self._scalars:
            (value,) = cursor.unpack(self._scalars[kind])
            value = value if kind in WHOLE else None
        else:
            raise cursor.wrong(f"{cursor.what} has the type {kind}, which there is not")
        if wanted:
            self._known[key] = value

    def _pass_over(self, items: _List) -> None:
        if items.kind == TEXT:
            self._cursor.skip_texts(items.count)
        elif items.kind in self._scalars:
            self._cursor.skip(items.count * self._scalars[items.kind].size)
        else:
            raise self._cursor.wrong(f"{self._cursor.what} is a list of the type {items.kind}, which there is not")

    def text(self, key: str) -> str:
        """A text; "" when it isn't there."""
        value = self._known.get(key, b"")
        if not isinstance(value, bytes):
            raise self._cursor.wrong(f"its {key} is no text")
        return value.decode(errors="replace")

    def whole(self, key: str) -> int | None:
        """A whole number; None when it isn't there."""
        value = self._known.get(key)
        if value is None and key not in self._known:
            return None
        if not isinstance(value, int) or value < 0:
            raise self._cursor.wrong(f"its {key} is no whole number of at least 0")
        return value

    def own(self, name: str) -> int | None:
        """A whole number of the model's architecture; of a list, the largest."""
        per_block = self._per_block(name)
        return max(per_block, default=0) if per_block is not None else self.whole(f"{self.architecture}.{name}")

    def of_all_blocks(self, name: str) -> int | None:
        """A number that each block has, for all blocks together."""
        per_block = self._per_block(name)
        if per_block is not None:
            return sum(per_block)
        each, blocks = self.own(name), self.own("block_count")
        return None if each is None or blocks is None else each * blocks

    def _per_block(self, name: str) -> tuple[int, ...] | None:
        """What a list says of each block; None when it is no list. Read only now, for the one architecture."""
        items = self._known.get(f"{self.architecture}.{name}")
        if not isinstance(items, _List):
            return None
        self._cursor.what = f"the list {self.architecture}.{name}"
        if items.kind not in WHOLE or items.count > MOST_BLOCKS:
            raise self._cursor.wrong(f"{self._cursor.what} does not hold a whole number for each block")
        after, self._cursor.position = self._cursor.position, items.position
        found = self._cursor.unpack(Struct(f"{self._order}{items.count}{SCALARS[items.kind]}"))
        self._cursor.position = after
        if min(found, default=0) < 0:
            raise self._cursor.wrong(f"{self._cursor.what} holds a number below 0")
        return found

    @property
    def quantisation(self) -> str:
        """The name of the file's mixture of types; "" when it doesn't say."""
        kind = self.whole("general.file_type")
        return "" if kind is None else FILES.get(kind, "")

    @property
    def pooling(self) -> str:
        """How a text becomes one vector; "" when it doesn't say, or says not at all."""
        return POOLING.get(self.own("pooling_type") or 0, "")

    @property
    def vocabulary(self) -> int | None:
        """Different tokens."""
        tokens = self._known.get("tokenizer.ggml.tokens")
        return tokens.count if isinstance(tokens, _List) else self.own("vocab_size")

    @property
    def alignment(self) -> int:
        """The weights and each tensor begin at a multiple of it."""
        value = self.whole("general.alignment")
        if value is None:
            return 32
        if not 0 < value <= 2**30 or value & (value - 1):
            raise self._cursor.wrong(f"its alignment is {value}, which is no power of two")
        return value
