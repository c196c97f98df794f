"""What tasks used, summed by day, model, role and asker; it outlives the traces that it was counted from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

KEYS = ("day", "model", "provider", "role", "app", "surface")
FIGURES = (
    "tasks",
    "failed",
    "attempts",
    "failures",
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "reasoning_tokens",
    "estimated",
    "unpriced",
    "cost",
    "seconds",
    "unasked",
    "spared",
)
FAILURES = ("failed", "incomplete", "error")
"""Outcomes of an attempt that count as failures; one that was cancelled does not."""
LONGEST = 200
"""Characters of a name that are kept."""
UPSERT = (
    f"INSERT INTO usage ({', '.join((*KEYS, *FIGURES))}) VALUES ({', '.join('?' * len((*KEYS, *FIGURES)))}) "  # noqa: S608 - names of our own
    f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in FIGURES if name != 'cost')}"
    ", cost = coalesce(cost + excluded.cost, cost, excluded.cost)"
)

Key = tuple[str, ...]
Count = tuple[Key, list[Any]]


class Sums:
    """Adds up traces and writes the sums, all or nothing with the transaction around it."""

    def __init__(self) -> None:
        self._sums: dict[Key, list[Any]] = {}

    def add(self, counts: Iterable[Count]) -> None:
        """Add what a trace counts for."""
        for key, figures in counts:
            total = self._sums.get(key)
            if total is None:
                self._sums[key] = figures
            else:
                self._sums[key] = [_plus(*pair) for pair in zip(total, figures, strict=True)]

    def write(self, connection: sqlite3.Connection) -> None:
        """Add the sums to the table."""
        connection.executemany(UPSERT, [(*key, *figures) for key, figures in self._sums.items()])


def counted(trace: Any) -> Iterator[Count]:
    """What each attempt of a trace counts for; anything with a trace's attributes will do.

    The task itself counts where its last attempt does, or under no model.
    """
    day = _day(int(trace.started_at // 86400))
    around = _text(trace.app), _text(trace.surface)
    tried = [(node.role, attempt) for node in trace.nodes for attempt in node.attempts]
    failed = int(not trace.complete)
    for role, attempt in tried[:-1]:
        yield _key(day, role, attempt, around), [0, 0, *_figures(attempt)]
    if tried:
        role, attempt = tried[-1]
        yield _key(day, role, attempt, around), [1, failed, *_figures(attempt)]
    else:
        role = trace.decision.role if trace.decision else ""
        yield (day, "", "", _text(role), *around), [1, failed, *[0] * 8, None, 0.0, 0, 0.0]


@lru_cache(maxsize=64)
def _day(number: int) -> str:
    return strftime("%Y-%m-%d", gmtime(number * 86400))


def _key(day: str, role: str, attempt: Any, around: tuple[str, str]) -> Key:
    return (day, _text(attempt.model), _text(attempt.provider), _text(role), *around)


def _figures(attempt: Any) -> list[Any]:
    usage, cost = attempt.usage, attempt.cost
    spared = getattr(attempt, "spared", None)  # traces of older versions have none
    answered = attempt.outcome == "ok" and not getattr(attempt, "asked", True)
    known = _finite(cost)
    tokens = (
        [usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, usage.reasoning_tokens]
        if usage
        else [0] * 4
    )
    return [
        1,
        int(attempt.outcome in FAILURES),
        *map(_count, tokens),
        int(bool(usage and usage.estimated)),
        int(bool(usage) and not known),
        cost if known else None,
        attempt.seconds if _finite(attempt.seconds) else 0.0,
        int(answered),
        spared if answered and _finite(spared) else 0.0,
    ]


def _count(value: Any) -> int:
    """What a backend says that it counted; nonsense counts as nothing."""
    return value if isinstance(value, int) and 0 <= value < 2**48 else 0


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


@lru_cache(maxsize=1024)
def _text(value: Any) -> str:
    return str(value)[:LONGEST].encode("utf-8", "replace").decode()


def _plus(one: Any, other: Any) -> Any:
    """A sum in which None is unknown, and known again with the first number."""
    return other if one is None else one if other is None else one + other
