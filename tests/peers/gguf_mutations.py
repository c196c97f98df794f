"""Damages GGUF headers in the ways that hurt: bits, lengths and counts, cuts, and pieces in the wrong place."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path
from random import Random

from aurarouter_core import gguf
from aurarouter_hooks import AssetError

EVIL = (0, 1, 2, 7, 31, 32, 255, 256, 65_535, 65_536, 65_537, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1)
TEXT, LIST = 8, 9
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def damaged(raw: bytes, chance: Random) -> bytes:
    """The same with one to four faults."""
    made = bytearray(raw)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(made))
        match chance.randrange(7):
            case 0:
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at] = chance.randrange(256)
            case 2:
                made[at : at + 8] = struct.pack("<Q", chance.choice(EVIL))
            case 3:
                made[at : at + 4] = struct.pack("<I", chance.choice(EVIL) & 0xFFFFFFFF)
            case 4:
                del made[at : at + chance.choice((1, 4, 8, 100))]
            case 5:
                start = chance.randrange(len(made))
                made[at:at] = made[start : start + chance.choice((1, 4, 8, 200))]
            case 6:
                del made[at:]
        if not made:
            break
    return bytes(made)


def survived(raw: bytes, size: int) -> bool:
    """Whether it could be read; anything but a header that makes sense or an AssetError is a fault and raises."""
    try:
        header, parts = gguf.parse(BytesIO(raw), size, "fuzz.gguf")
    except AssetError as error:
        refusal = error
    else:
        assert 0 <= header.tensor_bytes <= size
        assert 0 < len(header.architecture) <= 64
        assert parts >= 0
        return True
    assert refusal.hint
    assert len(str(refusal)) < 400
    return False


def shortened(path: Path, items: int, tensors: int) -> bytes:
    """A real file's header with its long lists and its list of tensors cut, so that it is read quickly."""
    with path.open("rb") as file:
        raw = file.read(8 * 2**20)
    at = 24

    def u64(place: int) -> int:
        return int(struct.unpack_from("<Q", raw, place)[0])

    def u32(place: int) -> int:
        return int(struct.unpack_from("<I", raw, place)[0])

    entries = u64(16)
    made = [b"GGUF", raw[4:8], struct.pack("<QQ", tensors, entries)]
    for _ in range(entries):
        begin = at
        at += 8 + u64(at)
        kind = u32(at)
        at += 4
        if kind == TEXT:
            at += 8 + u64(at)
        elif kind == LIST:
            inner, count = u32(at), u64(at + 4)
            made.append(raw[begin:at] + struct.pack("<IQ", inner, min(count, items)))
            at = begin = at + 12
            for number in range(count):
                at += 8 + u64(at) if inner == TEXT else SIZES[inner]
                if number + 1 == min(count, items):
                    made.append(raw[begin:at])
            continue
        else:
            at += SIZES[kind]
        made.append(raw[begin:at])
    begin = at
    for _ in range(tensors):
        at += 8 + u64(at)
        at += 4 + 8 * u32(at) + 12
    return b"".join((*made, raw[begin:at]))
