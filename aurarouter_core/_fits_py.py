"""Whether the parts of a classifier and of intents made of examples fit each other; `fits.pxi` in C."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurarouter_core.classifier import Likeness, Model

WIDTH = 12  # weights of a row: the intents, the roles, free places, and in the column RARITY how rare the row is
RARITY = 10
MANY = 16  # most intents that are made of examples


def fits(model: Model, likeness: Likeness) -> None:
    """See to it that an analyser can be made of these.

    Raises:
        ValueError: It can't.
    """
    columns = len(model.intents) + len(model.roles)
    if len(model.intents) < 2 or not model.roles or columns > RARITY:
        raise ValueError(f"a model has two intents or more, a role or more, and at most {RARITY} of both together")
    if not 4 <= model.bits <= 20:
        raise ValueError(f"a model has 2^4 to 2^20 rows, not 2^{model.bits}")
    if len(memoryview(model.table)) != (WIDTH << model.bits):
        raise ValueError(f"a table of 2^{model.bits} rows has {WIDTH << model.bits} bytes")
    if not 0 <= model.head <= 1_000_000 or not 0 <= model.tail <= 1_000_000:
        raise ValueError(f"head and tail are 0 to 1,000,000 characters, not {model.head} and {model.tail}")
    for numbers in (model.scales, model.biases):
        if len(numbers) != columns or not all(type(number) is int and abs(number) <= 1 << 24 for number in numbers):
            raise ValueError(f"a model has {columns} scales and biases, whole numbers up to 2^24")
    if not (1.0 <= model.length <= 1e9 and 1.0 <= model.within <= 1e9 and 0.0 <= model.fades <= 1e9):
        raise ValueError("the lengths that count are 1 or more")
    if len(model.parts) != len(model.intents) or not all(
        type(part) is float and (part == 0.0 or 1e-3 <= part <= 1e9) for part in model.parts
    ):
        raise ValueError("a model has one part for each intent, 0 or more")
    if not all(type(level) is float for level in model.levels):
        raise ValueError("levels are floats")
    kinds = len(likeness.names)
    if kinds > MANY or len(likeness.thresholds) != kinds or not likeness.one >= 1.0:
        raise ValueError(f"at most {MANY} intents are made of examples, each with a threshold")
    if not all(type(threshold) is float and 0.0 <= threshold <= 1.0 for threshold in likeness.thresholds):
        raise ValueError("thresholds are floats from 0 to 1")
    if len(likeness.weights) >= 1 << 16:
        raise ValueError("the examples have too many grams: below 65,536 are possible")
    for row, weights in likeness.weights.items():
        if not 0 <= row < 1 << model.bits or len(weights) != kinds or not all(0 <= n < 1 << 15 for n in weights):
            raise ValueError(f"row {row} of the likeness has {kinds} whole numbers below 2^15")
