"""What is kept of each item, ready to be written: prepared where one bad item harms no other."""

from __future__ import annotations

import math
import time
from typing import Any

from attrs import evolve, frozen

from aurarouter_core.guard import Fault
from aurarouter_core.plain import dumps
from aurarouter_core.store.state import StateRow
from aurarouter_core.store.usage import Count, counted
from aurarouter_hooks import Trace

LONGEST_BODY = 2**20
"""Bytes of one trace's text; a longer one is kept without its details."""
SHORTENED = "longer than 1 MiB, so it was kept without its details"

Item = Trace | Fault | StateRow

TRACE = "INSERT INTO traces VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
FAULT = (
    "INSERT INTO faults VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET "
    "error = excluded.error, count = count + 1, last_at = excluded.last_at"
)
STATE = (
    "INSERT INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
    "until = excluded.until, failures = excluded.failures, detail = excluded.detail, hint = excluded.hint, "
    "at = excluded.at, firm = excluded.firm WHERE excluded.at >= at"
)


@frozen
class Record:
    """One statement, and what a trace used: counted when the statement changed something, so once."""

    sql: str
    values: tuple[Any, ...]
    usage: tuple[Count, ...] = ()


def record(item: Item) -> Record:
    """What to write for an item.

    Raises:
        Exception: Something in it can't be written down at all.
    """
    if isinstance(item, Trace):
        values = (item.id, item.task_id, item.started_at, item.error is None)
        return Record(TRACE, (*map(_fit, values), _body(item)), tuple(counted(item)))
    if isinstance(item, StateRow):
        row = (item.model, item.fingerprint, item.state, item.until, item.failures, item.detail, item.hint)
        return Record(STATE, tuple(map(_fit, (*row, item.at, item.firm))))
    return Record(FAULT, tuple(map(_fit, (item.plugin, item.hook, item.error, time.time()))))


def _body(trace: Trace) -> str:
    body = dumps(trace)
    if len(body) > LONGEST_BODY // 4 and len(body.encode()) > LONGEST_BODY:
        body = dumps(evolve(trace, decision=None, nodes=(), prompt=None, notes={"shortened": SHORTENED}))
    return body


def _fit(value: Any) -> Any:
    """A value that SQLite takes. Lone surrogates are no text for it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no figure")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise OverflowError(f"{value} is too large")
    return value
