"""Makes intents out of a handful of examples: what they have in common, and how much of it is enough.

A text is a vector of its grams, each as long as it is rare; an intent is the mean direction of its examples. The
threshold lies between how like the others each example is, and how like the intent foreign prompts are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from aurarouter_core.classifier import WIDTH, Likeness, Model
from aurarouter_core.hotpath import grams

ONE = 512.0
MOST, SHARE = 16, 65_000
"""Intents that can have examples; rows that all of them share."""
LOWEST, HIGHEST = 0.12, 0.9
ALONE = 0.6
"""How like its intent a text is expected to be when there is one example alone."""
RARITY = 10
FOREIGN = (
    *("hello", "what is the capital of France?", "write a function that sorts a list", "summarize this article"),
    *("design a chat service for a million users", "review this pull request", "translate this into German"),
    *("fix the failing test", "tell me a joke", "how many apples are left?", "what trend do these numbers show?"),
    *("is this review positive or negative?", "give me a recipe for pancakes", "explain recursion"),
    *("which team should handle this ticket?", "write an email to my boss", "plan a trip to Japan"),
    *("extract all names from the text", "why is the sky blue?", "convert this code to Rust"),
)
"""Ordinary prompts, for an intent that has no neighbours to be told apart from."""

Vector = Mapping[int, float]


def vector(text: str, model: Model) -> Vector:
    """A text as a direction: row → its part, of length 1."""
    found: dict[int, float] = defaultdict(float)
    length = 0.0
    for gram in grams(text, model.head, model.tail):
        row = gram >> (32 - model.bits)
        rarity = max(0, model.table[row * WIDTH + RARITY])
        found[row] += rarity
        length += rarity * rarity
    return {row: part / math.sqrt(length) for row, part in found.items()} if length else {}


def mean(vectors: Sequence[Vector]) -> Vector:
    """The direction in the middle."""
    total: dict[int, float] = defaultdict(float)
    for each in vectors:
        for row, part in each.items():
            total[row] += part
    length = math.sqrt(sum(part * part for part in total.values()))
    return {row: part / length for row, part in total.items()} if length else {}


def alike(one: Vector, other: Vector) -> float:
    """From 0, nothing in common, to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(part * other.get(row, 0.0) for row, part in one.items())


def learn(examples: Mapping[str, Sequence[str]], thresholds: Mapping[str, float], model: Model) -> Likeness:
    """Intents out of their examples.

    Args:
        examples: Texts of each intent, at least one.
        thresholds: Those that were fitted or set; the others are chosen here.
        model: The classifier in force; its rows are what examples share.

    Raises:
        ValueError: There are too many intents, or an intent's examples hold no word.
    """
    if len(examples) > MOST:
        raise ValueError(f"{len(examples)} intents have examples; {MOST} are possible")
    vectors = {name: [vector(text, model) for text in texts] for name, texts in examples.items()}
    foreign = [vector(text, model) for text in FOREIGN]
    middles = {name: mean(own) for name, own in vectors.items()}
    for name, middle in middles.items():
        if not middle:
            raise ValueError(f"the examples of intent '{name}' hold no word")
    limits = []
    for name, own in vectors.items():
        others = [*foreign, *(each for other, theirs in vectors.items() if other != name for each in theirs)]
        limits.append(thresholds.get(name) or _between(own, middles[name], others))
    rows = sorted({row for middle in middles.values() for row in middle})
    if len(rows) > SHARE:
        raise ValueError(f"the examples have more than {SHARE} grams together; give fewer or shorter ones")
    weights = {
        row: tuple(
            min(32_767, round(middle.get(row, 0.0) * max(0, model.table[row * WIDTH + RARITY]) * ONE))
            for middle in middles.values()
        )
        for row in rows
    }
    return Likeness(tuple(middles), tuple(limits), weights, ONE)


def _between(own: Sequence[Vector], middle: Vector, others: Sequence[Vector]) -> float:
    """Half way between the most alike of the others and the middling one of ours, each beside the rest of ours."""
    ours = median(_beside_the_rest(own)) if len(own) > 1 else ALONE
    theirs = max((alike(each, middle) for each in others), default=0.0)
    return min(HIGHEST, max(LOWEST, (ours + min(theirs, ours)) / 2))


def _beside_the_rest(own: Sequence[Vector]) -> list[float]:
    """How like the mean of the others each is."""
    total: dict[int, float] = defaultdict(float)
    for each in own:
        for row, part in each.items():
            total[row] += part
    square = sum(part * part for part in total.values())
    found = []
    for each in own:
        near = alike(each, total)
        rest = square - 2.0 * near + 1.0
        found.append((near - 1.0) / math.sqrt(rest) if rest > 1e-9 else 1.0)
    return found
