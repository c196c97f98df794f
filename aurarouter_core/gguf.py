"""Reads the header of a GGUF file: what a model is and needs, told before anything loads it. Trusts nothing in it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from attrs import evolve

from aurarouter_core.gguf_bytes import Cursor
from aurarouter_core.gguf_metadata import Metadata
from aurarouter_core.gguf_tensors import Tensors
from aurarouter_hooks import AssetError, GgufHeader

MOST_ENTRIES = 65_536
"""Entries of the metadata, and tensors."""
MOST_PARTS = 1_000
MOST_SHOWN = 200
"""Characters of a model's name."""
_PART = re.compile(r"(.*-)(\d{5})-of-(\d{5})\.gguf")
_OLD = (b"ggml", b"ggjt", b"ggmf", b"lmgg", b"tjgg", b"fmgg")


def read(path: Path) -> GgufHeader:
    """The header of a file; of a model that comes in parts, of all of them together.

    Raises:
        AssetError: It can't be read, is no GGUF file, is damaged, or was cut off.
    """
    header, parts = _one(path)
    for other in _others(path, parts):
        more, _ = _one(other)
        header = evolve(
            header,
            parameters=header.parameters + more.parameters,
            tensor_bytes=header.tensor_bytes + more.tensor_bytes,
            file_bytes=header.file_bytes + more.file_bytes,
        )
    return header


def parts(path: Path) -> list[Path]:
    """The files that a model's name says it consists of, this one first. Nothing is read."""
    found = _PART.fullmatch(path.name)
    several = found is not None and int(found[2]) == 1 and int(found[3]) <= MOST_PARTS
    return [path, *_others(path, int(found[3]))] if found and several else [path]


def parse(source: BinaryIO, size: int, name: str) -> tuple[GgufHeader, int]:
    """The header of an open file, and in how many parts the model comes.

    Args:
        source: The file.
        size: Its bytes.
        name: What errors call it.

    Raises:
        AssetError: It is no GGUF file, is damaged, or was cut off.
    """
    cursor = Cursor(source, size, name)
    version, order = _begin(cursor)
    cursor.what = "the numbers of tensors and metadata entries"
    tensors, entries = cursor.u64(), cursor.u64()
    if tensors > MOST_ENTRIES or entries > MOST_ENTRIES:
        raise cursor.wrong(f"it lists {tensors} tensors and {entries} metadata entries; the most are {MOST_ENTRIES}")
    said = Metadata(cursor, entries, order)
    weights = Tensors(cursor, tensors, order, said.alignment, size)
    heads, width = said.own("attention.head_count"), said.own("embedding_length")
    length = width // heads if width and heads else None
    kv_heads = said.of_all_blocks("attention.head_count_kv")
    key_length, value_length = said.own("attention.key_length"), said.own("attention.value_length")
    header = GgufHeader(
        version=version,
        byte_order="little" if order == "<" else "big",
        architecture=said.architecture,
        name=said.text("general.name")[:MOST_SHOWN],
        quantisation=said.quantisation or weights.kind,
        parameters=weights.parameters,
        context_length=said.own("context_length"),
        blocks=said.own("block_count"),
        embedding_length=width,
        heads=heads,
        kv_heads=said.of_all_blocks("attention.head_count") if kv_heads is None else kv_heads,
        key_length=length if key_length is None else key_length,
        value_length=length if value_length is None else value_length,
        vocabulary=said.vocabulary,
        pooling=said.pooling,
        chat_template=said.text("tokenizer.chat_template"),
        tensor_bytes=weights.bytes,
        file_bytes=size,
    )
    return header, said.whole("split.count") or 1


def _begin(cursor: Cursor) -> tuple[int, str]:
    """The version, and the order of bytes in all numbers."""
    magic = cursor.take(4)
    if magic in _OLD:
        raise cursor.wrong("it has the format before GGUF", hint="Convert it with llama.cpp, or fetch a newer file.")
    if magic == b"vers":
        raise cursor.wrong(
            "it may be a Git LFS pointer in the file's place", hint="Fetch the file itself: git lfs pull"
        )
    if magic != b"GGUF":
        raise cursor.wrong("it does not begin with 'GGUF'")
    cursor.what = "the version"
    raw = cursor.take(4)
    little, big = int.from_bytes(raw, "little"), int.from_bytes(raw, "big")
    version, order = (little, "<") if little <= big else (big, ">")
    if version not in (2, 3):
        raise cursor.wrong(f"it has version {version} of the format; 2 and 3 can be read")
    cursor.turn(order)
    return version, order


def _one(path: Path) -> tuple[GgufHeader, int]:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise AssetError(f"{path} can't be read: it is no file", hint="Name a file.")
        with path.open("rb") as source:
            return parse(source, os.fstat(source.fileno()).st_size, path.name)
    except OSError as error:
        raise AssetError(
            f"{path} can't be read: {error.strerror or error}", hint="Check the path and its permissions."
        ) from error


def _others(path: Path, parts: int) -> list[Path]:
    """The files of a model's other parts."""
    if parts == 1:
        return []
    found = _PART.fullmatch(path.name)
    if found is None or (int(found[2]), int(found[3])) != (1, parts) or parts > MOST_PARTS:
        raise AssetError(
            f"{path.name} holds one of {parts} parts, and its name is not that of the first",
            hint="Name the first part as it was published: …-00001-of-….gguf",
        )
    return [path.with_name(f"{found[1]}{number:05}-of-{parts:05}.gguf") for number in range(2, parts + 1)]
