"""Counters and histograms, and Prometheus' text format.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

MEDIA_TYPE = "text/plain; version=0.0.4"
MOST_SERIES = 1000
"""Combinations of labels in one family; whatever comes later is counted together, under `OTHER`."""
OTHER = "other"
LONGEST = 120
"""Characters of a label's value."""

Labels = tuple[str, ...]


class Counter:
    """A sum that only grows, for each combination of labels.

    Args:
        name: Of the family, with its unit, and `_total` at its end.
        help: What it counts.
        labels: Names of the labels.
    """

    kind = "counter"

    def __init__(self, name: str, help: str, *labels: str) -> None:  # noqa: A002 - the format's own word
        self.name, self.help, self.labels = name, help, labels
        self._values: dict[Labels, float] = {}

    def add(self, amount: float, *labels: str) -> None:
        """Add to one of them."""
        values = self._values
        try:
            values[labels] += amount
        except KeyError:
            labels = _bounded(labels, len(values))
            values[labels] = values.get(labels, 0.0) + amount

    def lines(self) -> Iterator[str]:
        """The family as text."""
        yield from _head(self)
        for labels, value in self._values.items():
            yield f"{self.name}{_braces(self.labels, labels)} {value:.12g}"


class Histogram:
    """How often a value fell below each bound, for each combination of labels.

    Args:
        name: Of the family, with its unit.
        help: What is measured.
        bounds: Upper bounds of the buckets, rising.
        labels: Names of the labels.
    """

    kind = "histogram"

    def __init__(self, name: str, help: str, bounds: Sequence[float], *labels: str) -> None:  # noqa: A002 - as above
        self.name, self.help, self.bounds, self.labels = name, help, tuple(bounds), labels
        self._values: dict[Labels, list[float]] = {}

    def see(self, value: float, *labels: str) -> None:
        """Take note of a value."""
        found = self._values.get(labels)
        if found is None:
            labels = _bounded(labels, len(self._values))
            found = self._values.setdefault(labels, [0.0] * (len(self.bounds) + 2))  # the last one is the sum
        found[bisect_left(self.bounds, value)] += 1
        found[-1] += value

    def lines(self) -> Iterator[str]:
        """The family as text."""
        yield from _head(self)
        for labels, (*counts, total) in self._values.items():
            so_far = 0.0
            for bound, count in zip((*self.bounds, float("inf")), counts, strict=True):
                so_far += count
                edge = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield f"{self.name}_bucket{_braces((*self.labels, 'le'), (*labels, edge))} {so_far:.12g}"
            yield f"{self.name}_sum{_braces(self.labels, labels)} {total:.12g}"
            yield f"{self.name}_count{_braces(self.labels, labels)} {so_far:.12g}"


def _head(family: Counter | Histogram) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"


def _bounded(labels: Labels, known: int) -> Labels:
    """A new combination of labels, as long as there is room."""
    if known >= MOST_SERIES:
        return (OTHER,) * len(labels)
    return tuple(label[:LONGEST] for label in labels)


def _braces(names: Sequence[str], values: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    whole = value.encode("utf-8", "replace").decode()
    return whole.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
