"""The list of tensors in a GGUF file: how many numbers they hold, in which form, and whether all are there."""

from __future__ import annotations

from collections import Counter
from struct import Struct

from aurarouter_core.gguf_bytes import Cursor
from aurarouter_core.gguf_types import TENSORS

MOST_NAME = 1_024
MOST_DIMENSIONS = 4


class Tensors:
    """What the list adds up to, once all of it was read.

    Args:
        cursor: At the first entry; afterwards behind the last.
        count: How many there are.
        order: "<" or ">".
        alignment: Each begins at a multiple of it.
        size: Bytes of the file.

    Attributes:
        parameters: Numbers in all of them.
        bytes: What they take; with a type that is not known here, all that the file has left for them.
        kind: The type that most of their numbers have; "" when there are none.

    Raises:
        AssetError: It is damaged, or the file ends before its tensors do.
    """

    def __init__(self, cursor: Cursor, count: int, order: str, alignment: int, size: int) -> None:
        forms = [Struct(f"{order}{number}QIQ") for number in range(MOST_DIMENSIONS + 1)]
        self.parameters = self.bytes = 0
        numbers: Counter[str] = Counter()
        names: set[bytes] = set()
        end, last, all_known = 0, b"", True
        for number in range(count):
            cursor.what = f"tensor {number + 1} of {count}"
            name = cursor.text(MOST_NAME)
            if name in names:
                raise cursor.wrong(f"two tensors are called '{_shown(name)}'")
            names.add(name)
            dimensions = cursor.u32()
            if dimensions > MOST_DIMENSIONS:
                raise cursor.wrong(f"{cursor.what} has {dimensions} dimensions, and {MOST_DIMENSIONS} are the most")
            *shape, kind, offset = cursor.unpack(forms[dimensions])
            label, block, block_bytes = TENSORS.get(kind, (f"type {kind}", 1, 0))
            if offset % alignment:
                raise cursor.wrong(f"tensor '{_shown(name)}' does not begin at a multiple of {alignment} bytes")
            if shape and shape[0] % block:
                raise cursor.wrong(f"the rows of tensor '{_shown(name)}' are no whole blocks of {label}")
            elements = 1
            for length in shape:
                elements *= length
            needs = elements // block * block_bytes
            if offset + needs > end:
                end, last = offset + needs, name
            all_known = all_known and kind in TENSORS
            numbers[label] += elements
            self.parameters += elements
            self.bytes += needs
        begin = -(-cursor.position // alignment) * alignment
        if count and begin + end > size:
            raise cursor.wrong(f"tensor '{_shown(last)}' ends at {begin + end} and the file at {size}: it was cut off")
        if self.bytes > max(size - begin, 0):
            raise cursor.wrong("its tensors lie over each other")
        if not all_known:
            self.bytes = size - begin
        self.kind = max(numbers, key=lambda label: numbers[label], default="")


def _shown(name: bytes) -> str:
    return name.decode(errors="replace")[:80]
