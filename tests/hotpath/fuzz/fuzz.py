"""Changes everything that the compiled hot path is given, at random, and looks whether it stays right and alive.

Things are made here; most texts are made in C by `hammer`, which a build for fuzzing alone has (`run.sh`).
"""

from __future__ import annotations

import argparse
import ast
import random
import time
import zlib
from pathlib import Path
from typing import Any

from aurarouter_core import _hotpath_py, _private, _speedups, classifier, plain
from aurarouter_core.classifier import Likeness, Model
from aurarouter_core.detection import patterns
from aurarouter_core.detection.alphabet import plane
from aurarouter_core.detection.phrases import PHRASES, marks_of
from aurarouter_hooks import Stage

PIECES = [ast.literal_eval(line) for line in Path(__file__).with_name("corpus.txt").read_text("utf-8").splitlines()]
ROLES = ("", "coding", "x")
TEXTS = 8
HAMMERED = 2_000  # texts that are made in C for each round, and half as many for the scan
LOOKING = (
    _private.Scanner(plane, marks_of((*PHRASES, "x x"))),
    *(
        _private.Pattern(plane, patterns.program(pattern))
        for pattern in (r"\bPRJ-\d{4,6}\b", "x+", "(a|e\u0301)*c", "[^ ]{3,9}'", "(?i)plan|\u603b.", "1\u200b?1")
    ),
)
AS_KEPT = plain._shape, plain._layer
STAGE = Stage("s", "o", score=0.1)
COMPARED = 50  # the plain twin is slow, and looks at one round in so many
GIANT = 997  # one round in so many has texts of a million characters


def text_of(dice: random.Random, most: int) -> str:
    """Pieces, repeated pieces, and code points of any plane."""
    parts: list[str] = []
    for _ in range(dice.randrange(12)):
        kind = dice.randrange(4)
        if kind == 0:
            parts.append(dice.choice(PIECES) * dice.randrange(1, most))
        elif kind == 1:
            plane = dice.choice((0x80, 0x100, 0x3000, 0x10000, 0x110000))
            parts.append("".join(chr(dice.randrange(plane)) for _ in range(dice.randrange(40))))
        else:
            parts.append(dice.choice(PIECES))
    return "".join(parts)


def number(dice: random.Random, most: int) -> int:
    """Small and huge ones alike, and now and then one that is too large."""
    return dice.choice((-1, 1)) * ((dice.randrange(most + 2)) >> dice.randrange(most.bit_length()))


def model_of(dice: random.Random) -> Model:
    """Any classifier, mostly a valid one."""
    bits = dice.choice((4, 5, 6, 7, 8, 3, 21)) if dice.random() < 0.1 else dice.randrange(4, 9)
    size = (classifier.WIDTH << min(bits, 8)) - (dice.random() < 0.02)
    columns = 6 - (dice.random() < 0.02)
    return Model(
        table=memoryview(dice.randbytes(size)),
        bits=bits,
        head=number(dice, 2_000) if dice.random() < 0.05 else dice.randrange(60),
        tail=number(dice, 2_000) if dice.random() < 0.05 else dice.randrange(60),
        scales=tuple(number(dice, 1 << 24) for _ in range(columns)),
        biases=tuple(number(dice, 1 << 24) for _ in range(columns)),
        intents=("A", "B", "C"),
        roles=ROLES,
        levels=tuple(sorted(dice.random() * 3 for _ in range(dice.randrange(10)))),
        parts=tuple(dice.choice((0.0, 0.5, dice.random() * 4 - 0.1)) for _ in range(3)),
        length=2048.0,
        fades=float(dice.randrange(5_000)),
        within=dice.choice((1.0, 384.0)),
    )


def likeness_of(dice: random.Random) -> Likeness:
    """Up to three intents of examples."""
    names = ("B", "mine", "other")[: dice.randrange(4)]
    weights = {
        dice.randrange(-1 if dice.random() < 0.01 else 0, 16): tuple(dice.randrange(1 << 15) for _ in names)
        for _ in range(dice.randrange(12))
    }
    return Likeness(names, tuple(dice.random() for _ in names), weights if names else {}, float(dice.randrange(1, 999)))


def outcome(call: Any, *given: Any) -> Any:
    """A result, or the error's type and words."""
    try:
        return call(*given)
    except (TypeError, ValueError) as error:
        return type(error), str(error)


def damaged(dice: random.Random, whole: bytes) -> bytes:
    """A classifier's file after an accident, often with a right checksum, so that the sizes are looked at."""
    data = bytearray(whole)
    for _ in range(dice.randrange(1, 6)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    if dice.random() < 0.5:
        del data[dice.randrange(len(data)) :]
    if dice.random() < 0.5 and len(data) > 16:
        data[:12] = whole[:12]
        data[12:16] = zlib.crc32(data[16:]).to_bytes(4, "little")
    return bytes(data)


def spoilt(dice: random.Random, table: bytes) -> bytes:
    """A table of synonyms in which whole numbers were replaced, small and huge ones, or the end is missing."""
    data = bytearray(table)
    for _ in range(dice.randrange(4)):
        at, size = 8 * dice.randrange(len(data) // 8), dice.choice((4, 8))
        data[at : at + size] = number(dice, 1 << (8 * size - 2)).to_bytes(size, "little", signed=True)
    return bytes(data[: dice.randrange(len(data))] if dice.random() < 0.1 else data)


def value_of(dice: random.Random, depth: int) -> object:
    """What a trace may hold, and what JSON has no word for."""
    kind = dice.randrange(10 if depth else 7)
    if kind < 3:
        return text_of(dice, 20)
    if kind < 7:
        return dice.choice((None, True, number(dice, 1 << 70), dice.random(), float("nan"), b"", STAGE, {1.5}))
    inner = [value_of(dice, depth - 1) for _ in range(dice.randrange(4))]
    if kind == 7:
        return tuple(inner)
    return {dice.choice((text_of(dice, 5), dice.random(), None, (1,) if kind == 8 else 7)): each for each in inner}


def round_of(seed: int) -> int:
    """One set of things, `TEXTS` texts; returns how often compiled code was asked."""
    dice = random.Random(seed)
    model = model_of(dice)
    if seed % 5 == 0 and model.bits <= 8 and min(model.head, model.tail) >= 0:
        try:
            model = classifier.from_bytes(memoryview(damaged(dice, classifier.to_bytes(model))))
        except ValueError:
            return 1
        if model.bits > 8:
            return 1
    verbs = {text_of(dice, 3)[:60]: dice.choice((*ROLES, "y")) for _ in range(dice.randrange(6))}
    if dice.random() < 0.9:  # mostly such as an analyser can be made of
        verbs = {verb: role for verb, role in verbs.items() if 1 <= len(_speedups.words(verb)) <= 4}
    given = (verbs, set(list(verbs)[:2]), model, likeness_of(dice))
    made = outcome(_speedups.Analyser, *given)
    compare = seed % COMPARED == 0
    twin: Any = outcome(_hotpath_py.Analyser, *given) if compare else None
    if isinstance(made, tuple):
        assert not compare or twin == made, (twin, made)
        return 1
    table = made.table()
    kept = spoilt(dice, table)
    again = _speedups.Analyser(*given, kept)
    assert kept != table or not again.built
    most = 200_000 if seed % GIANT == 0 else 60
    for _ in range(TEXTS):
        text = text_of(dice, most)
        found = made.analyse(text)
        made.resolve(text)
        assert again.analyse(text)[:3] == found[:3] or kept != table, text
        grams = _speedups.grams(text, 50, 50)
        assert abs(sum(found[2].values()) - 1.0) < 1e-9, found[2]
        assert all(0 <= start < end <= len(text) for start, end, *_ in found[9]), found[9]
        if twin is not None and most == 60:
            assert twin.analyse(text) == found, text
            assert twin.resolve(text) == made.resolve(text), text
            assert _hotpath_py.grams(text, 50, 50) == grams, text
    for _ in range(TEXTS):
        value = value_of(dice, 4)
        written, wanted = (
            outcome(_speedups.json_writer(*AS_KEPT), value),
            outcome(_hotpath_py.json_writer(*AS_KEPT), value),
        )
        assert written == wanted or (isinstance(written, tuple) and written[0] is wanted[0]), value
    hammered = _speedups.hammer(made, PIECES, seed, HAMMERED)
    looking = LOOKING[dice.randrange(1, len(LOOKING)) if seed % 3 == 0 else 0]
    looked: int = _private.hammer(looking, PIECES, seed, HAMMERED // 2)
    return 4 * TEXTS + int(hammered) + looked


def main() -> None:
    """Run rounds, and say how many calls of compiled code they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, default=0, help="the first round's")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    options = parser.parse_args()
    began, calls, seed = time.monotonic(), 0, options.seed
    for seed in range(options.seed, options.seed + options.rounds):
        try:
            calls += round_of(seed)
        except BaseException:
            print(f"seed {seed}", flush=True)
            raise
        if time.monotonic() - began > options.seconds:
            break
    print(f"{seed - options.seed + 1:,} rounds, {calls:,} calls, {time.monotonic() - began:.0f} s, nothing found")


if __name__ == "__main__":
    main()
