"""Writes `samples.jsonl.gz`: texts with private data in them, from a seed. Run it after changing what they are made of.

Each line: `text`, `kind` (a rule, or what the text only looks like), and `private`: [rule, start, end] of each value.
Packed, since programs that look for leaked keys would find hundreds in it.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from private_carriers import BY_RULE, GENERAL, MARKERS, PHRASES
from private_negatives import NEGATIVES
from private_values import MAKERS

SAMPLES = Path(__file__).with_name("samples.jsonl.gz")
EACH, HARD = 40, 14
SEED = 20261128


def samples(seed: int = SEED) -> Iterator[dict[str, Any]]:
    rng = Random(seed)
    for rule, make in MAKERS.items():
        carriers = BY_RULE.get(rule, GENERAL)
        for number in range(EACH):
            yield sample(rule, carriers[number % len(carriers)], make(rng))
    for number in range(EACH):
        yield sample("marker", MARKERS[number % len(MARKERS)], PHRASES[number % len(PHRASES)])
    for kind, negative in NEGATIVES.items():
        for _ in range(HARD):
            yield {"text": negative(rng), "kind": kind, "private": []}
    yield from disguised(rng)


def sample(rule: str, carrier: str, value: str) -> dict[str, Any]:
    before, after = carrier.split("{v}")
    before, after = (part.replace("{{", "{").replace("}}", "}") for part in (before, after))
    text = f"{before}{value}{after}"
    return {"text": text, "kind": rule, "private": [[rule, len(before), len(before) + len(value)]]}


def disguised(rng: Random) -> Iterator[dict[str, Any]]:
    """Digits of other scripts, full-width signs, characters without width."""
    digits = [{ord("0") + n: base + n for n in range(10)} for base in (0xFF10, 0x660, 0x966, 0x1D7CE)]
    for number in range(EACH):
        rule = ("card", "cn-id", "se-personnummer")[number % 3]
        value = MAKERS[rule](rng)
        if number % 2:
            value = value.translate(digits[number % 4])
        else:
            value = "".join(c + ("\u200b" if c.isdigit() and rng.random() < 0.2 else "") for c in value).rstrip(
                "\u200b"
            )
        yield sample(rule, "value: {v}, please keep", value)


def written() -> bytes:
    """What stands in the file."""
    lines = [json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in samples()]
    return gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)


if __name__ == "__main__":
    SAMPLES.write_bytes(written())
