"""How well intents are told apart on labelled tasks, and which thresholds would tell them best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from attrs import Factory, frozen

from aurarouter_core.examples import Vector, alike

FEW = 3
"""Fewer labelled tasks of an intent than this fit no threshold."""
BINS = 10


@frozen
class OfIntent:
    """One intent's figures: how many tasks had it, how many were given it, and how many both."""

    labelled: int
    given: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of right ones among those that were given the intent; None when none was."""
        return self.right / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """Share of right ones among those that have the intent; None when none has."""
        return self.right / self.labelled if self.labelled else None


@frozen
class Scored:
    """What came of a file.

    Attributes:
        accuracy: Share of tasks that were given their intent.
        calibration: Expected calibration error: how far confidence and accuracy are apart on the average.
        intents: Figures of each intent.
        matrix: Intent that tasks have → intent that they were given → how many.
        wrong: Places of the tasks that were given another intent.
    """

    accuracy: float
    calibration: float
    intents: Mapping[str, OfIntent]
    matrix: Mapping[str, Mapping[str, int]]
    wrong: Sequence[int] = Factory(tuple)


def score(truth: Sequence[str], given: Sequence[str], confidence: Sequence[float]) -> Scored:
    """Compare what tasks have with what they were given. All three are of one length, at least 1."""
    names = sorted({*truth, *given})
    pairs = Counter(zip(truth, given, strict=True))
    rows, columns = Counter(truth), Counter(given)
    sums: dict[int, tuple[float, float]] = {}
    for have, got, sure in zip(truth, given, confidence, strict=True):
        at = min(BINS - 1, int(sure * BINS))
        hits, sures = sums.get(at, (0.0, 0.0))
        sums[at] = (hits + (have == got), sures + sure)
    return Scored(
        accuracy=sum(pairs[name, name] for name in names) / len(truth),
        calibration=sum(abs(hits - sures) for hits, sures in sums.values()) / len(truth),
        intents={name: OfIntent(rows[name], columns[name], pairs[name, name]) for name in names},
        matrix={name: {other: pairs[name, other] for other in names} for name in names if rows[name]},
        wrong=tuple(at for at, (have, got) in enumerate(zip(truth, given, strict=True)) if have != got),
    )


def threshold(middle: Vector, ours: Sequence[Vector], others: Sequence[Vector]) -> float | None:
    """The likeness that tells tasks of an intent from others best, by F1; None with too few tasks to say."""
    if len(ours) < FEW:
        return None
    ranked = sorted([*((alike(each, middle), 1) for each in ours), *((alike(each, middle), 0) for each in others)])
    best, chosen = -1.0, 0.5
    right, taken = 0, 0
    for at in range(len(ranked) - 1, -1, -1):
        likeness, hit = ranked[at]
        right, taken = right + hit, taken + 1
        below = ranked[at - 1][0] if at else 0.0
        value = 2 * right / (taken + len(ours))
        if value > best and likeness > below:
            best, chosen = value, (likeness + below) / 2
    return min(1.0, max(0.01, round(chosen, 3)))
