"""The classifier's file: what it holds, how it is read, and why a damaged one harms nobody.

Little-endian: eight bytes of magic, the version, a checksum of all that follows, the sizes, then scales, biases,
levels, names, and the table. Every length is checked against the file's before anything is used; no number in it is an
address.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from attrs import Factory, frozen

from aurarouter_hooks.errors import AuraRouterError

MAGIC = b"AURACLAS"
VERSION = 2
WIDTH = 12
SHIPPED = Path(__file__).with_name("classifier.bin")
_FRONT = struct.Struct("<8sII")  # magic, version, checksum of the rest
_SIZES = struct.Struct("<IIIIIIdddI")  # bits, head, tail, intents, roles, levels, length, fades, within, bytes of names
_MOST = 1 << 20  # bytes of a header


class Model(NamedTuple):
    """A linear classifier.

    Attributes:
        table: Rows of twelve signed bytes: intents, roles, and in the last place but one how rare the row is.
        bits: log2 of the number of rows; the upper bits of a gram choose one.
        head, tail: Characters that are read at the beginning and the end of a text.
        scales, biases: Numbers in units of 1/25600, one for each intent, then for each role.
        intents: Names; the first is the easy one.
        roles: Names; the first stands for "none of the others".
        levels: Complexities at which levels 2 to 10 begin.
        parts: How much of each intent's probability makes a text one harder; 0 where it doesn't count.
        length: 256 times the log2 of a length that makes a text one harder.
        fades, within: 256 times the log2 of a length at which what the intents say counts half, and how far from there
            it counts nearly all or nearly nothing. A part is never less than half of `length / within`, so that more of
            the same text is never easier.
    """

    table: memoryview
    bits: int
    head: int
    tail: int
    scales: tuple[int, ...]
    biases: tuple[int, ...]
    intents: tuple[str, ...]
    roles: tuple[str, ...]
    levels: tuple[float, ...]
    parts: tuple[float, ...]
    length: float
    fades: float
    within: float


@frozen
class Likeness:
    """Intents that are made of examples, by what their examples have in common.

    Attributes:
        names: The intents.
        thresholds: Likeness at which a text is as likely as not of that intent.
        weights: Row of the table → one whole number for each intent.
        one: The fixed-point 1 of these numbers.
    """

    names: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    weights: Mapping[int, Sequence[int]] = Factory(dict)
    one: float = 1.0


def to_bytes(model: Model) -> bytes:
    """A model as the content of a file."""
    names = "\n".join((*model.intents, *model.roles)).encode()
    counts = (len(model.intents), len(model.roles), len(model.levels))
    sizes = (*counts, model.length, model.fades, model.within, len(names))
    floats = (*model.levels, *model.parts)
    columns = len(model.scales)
    body = b"".join(
        (
            _SIZES.pack(model.bits, model.head, model.tail, *sizes),
            struct.pack(f"<{2 * columns}i{len(floats)}d", *model.scales, *model.biases, *floats),
            names,
            model.table,
        )
    )
    return _FRONT.pack(MAGIC, VERSION, zlib.crc32(body)) + body


def from_bytes(data: memoryview) -> Model:
    """A model out of the content of a file; its table stays where it is.

    Raises:
        ValueError: It isn't a model of this version, or it is damaged.
    """
    if len(data) < _FRONT.size + _SIZES.size:
        raise ValueError("it is too short")
    magic, version, checksum = _FRONT.unpack_from(data)
    if magic != MAGIC:
        raise ValueError("it is no classifier")
    if version != VERSION:
        raise ValueError(f"it has version {version}; this program reads version {VERSION}")
    body = data[_FRONT.size :]
    if zlib.crc32(body) != checksum:
        raise ValueError("its checksum is wrong")
    bits, head, tail, intents, roles, levels, length, fades, within, names = _SIZES.unpack_from(body)
    if max(bits, intents, roles, levels, names) > _MOST or bits > 20:
        raise ValueError("its sizes are absurd")
    columns = intents + roles
    numbers = struct.Struct(f"<{2 * columns}i{levels + intents}d")
    rest = _SIZES.size + numbers.size
    if len(body) != rest + names + (WIDTH << bits):
        raise ValueError("its sizes don't fit its length")
    values = numbers.unpack_from(body, _SIZES.size)
    words = bytes(body[rest : rest + names]).decode().split("\n")
    if len(words) != columns:
        raise ValueError("its names don't fit its columns")
    return Model(
        table=body[rest + names :],
        bits=bits,
        head=head,
        tail=tail,
        scales=values[:columns],
        biases=values[columns : 2 * columns],
        intents=tuple(words[:intents]),
        roles=tuple(words[intents:]),
        levels=values[2 * columns : 2 * columns + levels],
        parts=values[2 * columns + levels :],
        length=length,
        fades=fades,
        within=within,
    )


def read(path: Path) -> Model:
    """The model in a file, mapped into memory.

    Raises:
        AuraRouterError: The file is missing or damaged.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return from_bytes(memoryview(data))
    except (OSError, ValueError) as error:
        raise AuraRouterError(
            f"the classifier {path.name} can't be used: {error}",
            hint="Install aurarouter again: the file came with it and must not be changed.",
        ) from error


@cache
def shipped() -> Model:
    """The model that came with this program."""
    return read(SHIPPED)
