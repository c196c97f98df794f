"""Counters and histograms, and Prometheus' text format.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

MEDIA_TYPE = "text/plain; version=0.0.4"
MOST_SERIES = 1000
"""Combinations of labels in one family; whatever comes later is counted together, under `OTHER`."""
OTHER = "other"
LONGEST = 120
"""Characters of a label's value."""

Labels = tuple[str, ...]
S = TypeVar("S")


class Sum:
    """One series of a counter."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Spread:
    """One series of a histogram."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def see(self, value: float) -> None:
        """Take note of a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class _Family(ABC, Generic[S]):
    kind: str

    def __init__(self, name: str, help: str, *labels: str) -> None:  # noqa: A002 - the format's own word
        self.name, self.help, self.labels = name, help, labels
        self._series: dict[Labels, S] = {}

    def of(self, *labels: str) -> S:
        """The series with these labels; the common one for what comes after the first `MOST_SERIES`."""
        found = self._series.get(labels)
        if found is None:
            full = len(self._series) >= MOST_SERIES
            labels = (OTHER,) * len(labels) if full else tuple(label[:LONGEST] for label in labels)
            found = self._series.setdefault(labels, self._new())
        return found

    def lines(self) -> Iterator[str]:
        """The family as text."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} {self.kind}"
        for labels, series in self._series.items():
            yield from self._told(labels, series)

    @abstractmethod
    def _new(self) -> S: ...

    @abstractmethod
    def _told(self, labels: Labels, series: S) -> Iterator[str]: ...


class Counter(_Family[Sum]):
    """A sum that only grows, for each combination of labels.

    Args:
        name: Of the family, with its unit, and `_total` at its end.
        help: What it counts.
        labels: Names of the labels.
    """

    kind = "counter"

    def _new(self) -> Sum:
        return Sum()

    def _told(self, labels: Labels, series: Sum) -> Iterator[str]:
        yield f"{self.name}{_braces(self.labels, labels)} {series.value:.12g}"


class Histogram(_Family[Spread]):
    """How often a value fell below each bound, for each combination of labels.

    Args:
        name: Of the family, with its unit.
        help: What is measured.
        bounds: Upper bounds of the buckets, rising.
        labels: Names of the labels.
    """

    kind = "histogram"

    def __init__(self, name: str, help: str, bounds: Sequence[float], *labels: str) -> None:  # noqa: A002 - as above
        super().__init__(name, help, *labels)
        self._bounds = tuple(bounds)

    def _new(self) -> Spread:
        return Spread(self._bounds)

    def _told(self, labels: Labels, series: Spread) -> Iterator[str]:
        so_far = 0
        for bound, count in zip((*self._bounds, float("inf")), series.counts, strict=True):
            so_far += count
            edge = "+Inf" if bound == float("inf") else f"{bound:g}"
            yield f"{self.name}_bucket{_braces((*self.labels, 'le'), (*labels, edge))} {so_far}"
        yield f"{self.name}_sum{_braces(self.labels, labels)} {series.total:.12g}"
        yield f"{self.name}_count{_braces(self.labels, labels)} {so_far}"


def _braces(names: Sequence[str], values: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    whole = value.encode("utf-8", "replace").decode()
    return whole.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
