"""GGUF files made by hand, for tests: any metadata, any tensors, either order of bytes, and what is wrong with them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, LIST, U64, I64, F64 = range(13)
LETTERS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}

SMALL: Mapping[str, Any] = {
    "general.architecture": "llama",
    "general.name": "Small",
    "general.file_type": 15,
    "llama.context_length": 2048,
    "llama.block_count": 2,
    "llama.embedding_length": 64,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ messages }}",
}
"""Metadata of a model that could be."""

Tensor = tuple[str, Sequence[int], int]


def text(value: str | bytes, order: str = "<") -> bytes:
    """A text behind its length."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(order + "Q", len(raw)) + raw


def value(item: Any, order: str = "<") -> bytes:
    """A value behind its type. A pair is (type, number); a list has items of one type."""
    if isinstance(item, str | bytes):
        return struct.pack(order + "I", TEXT) + text(item, order)
    if isinstance(item, tuple):
        return struct.pack(f"{order}I{LETTERS[item[0]]}", *item)
    if isinstance(item, list):
        if item and isinstance(item[0], str):
            return struct.pack(order + "IIQ", LIST, TEXT, len(item)) + b"".join(text(part, order) for part in item)
        return struct.pack(f"{order}IIQ{len(item)}I", LIST, U32, len(item), *item)
    return struct.pack(order + "II", U32, item)


def gguf(
    metadata: Mapping[str, Any] = SMALL,
    tensors: Iterable[Tensor] = (("weights", (64, 4), 0),),
    *,
    order: str = "<",
    version: int = 3,
    data: int | None = None,
    align: int = 32,
    offsets: Mapping[str, int] | None = None,
) -> bytes:
    """A file. `data` is how many bytes of weights it has; None for as many as its F32 tensors need."""
    tensors = list(tensors)
    head = b"GGUF" + struct.pack(order + "IQQ", version, len(tensors), len(metadata))
    head += b"".join(text(key, order) + value(item, order) for key, item in metadata.items())
    at = 0
    for name, shape, kind in tensors:
        offset = (offsets or {}).get(name, at)
        head += text(name, order) + struct.pack(f"{order}I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        size = 4
        for length in shape:
            size *= length
        at += -(-size // align) * align
    return head + bytes(-len(head) % align) + bytes(at if data is None else data)
