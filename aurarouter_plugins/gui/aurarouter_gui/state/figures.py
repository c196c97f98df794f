"""How each model did lately, counted from traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from attrs import frozen

FAILURES = ("failed", "incomplete", "error")
"""Outcomes of an attempt that count against the model; one that was cancelled does not."""


@frozen(kw_only=True)
class Figures:
    """What a model's attempts in some traces come to.

    Attributes:
        attempts: How many ended, one way or the other; what was cancelled or answered in the model's place is left out.
        failures: How many of them failed.
        seconds: The median of those that succeeded; None where none did.
        first: The median time to the first word; None where none is known.
        error: The last failure's words; "" where none failed.
        error_at: When that was, in Unix time.
    """

    attempts: int = 0
    failures: int = 0
    seconds: float | None = None
    first: float | None = None
    error: str = ""
    error_at: float = 0.0

    @property
    def rate(self) -> float | None:
        """The share that failed; None where nothing was tried."""
        return self.failures / self.attempts if self.attempts else None


def figures(traces: Sequence[Mapping[str, Any]]) -> Mapping[str, Figures]:
    """The figures of each model that was tried, from traces as plain data."""
    tried: dict[str, list[tuple[float, Mapping[str, Any]]]] = {}
    for trace in traces:
        for node in trace["nodes"]:
            for attempt in node["attempts"]:
                if attempt["outcome"] != "cancelled" and attempt.get("asked", True):
                    at = trace["started_at"] + attempt["started"] + attempt["seconds"]
                    tried.setdefault(attempt["model"], []).append((at, attempt))
    return {model: _figures(attempts) for model, attempts in tried.items()}


def _figures(attempts: Sequence[tuple[float, Mapping[str, Any]]]) -> Figures:
    failed = [(at, one) for at, one in attempts if one["outcome"] in FAILURES]
    took = [one["seconds"] for _, one in attempts if one["outcome"] == "ok"]
    first = [one["first_token"] for _, one in attempts if one["first_token"] is not None]
    last = max(failed, key=lambda pair: pair[0], default=None)
    error = (last[1].get("error") or {}).get("message", "it gave no reason") if last else ""
    return Figures(
        attempts=len(attempts),
        failures=len(failed),
        seconds=median(took) if took else None,
        first=median(first) if first else None,
        error=error,
        error_at=last[0] if last else 0.0,
    )
