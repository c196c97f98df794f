"""Executes what is to be written: traces many at a time, since a busy program lets go of the GIL for each statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aurarouter_core.store.records import TRACE, Record

if TYPE_CHECKING:
    import sqlite3

PORTIONS = 100, 10, 1
"""Traces in one statement, largest first: SQLite takes 999 values at least, and a trace has five. They are but a few,
since the connection keeps each statement that it was given, and a long one takes a hundred kilobytes."""


def written(connection: sqlite3.Connection, records: Sequence[Record]) -> Iterator[Record]:
    """Execute records, and give those that changed something.

    Raises:
        sqlite3.Error: One can't be written.
    """
    traces = [each for each in records if each.sql == TRACE]
    first = 0
    for portion in PORTIONS:
        while len(traces) - first >= portion:
            yield from _inserted(connection, traces[first : first + portion])
            first += portion
    yield from _one_by_one(connection, [each for each in records if each.sql != TRACE])


def _inserted(connection: sqlite3.Connection, traces: Sequence[Record]) -> Sequence[Record]:
    import sqlite3

    rows = ", ".join(["(?, ?, ?, ?, ?)"] * len(traces))
    values = [value for each in traces for value in each.values]
    try:
        connection.execute(f"INSERT INTO traces VALUES {rows}", values)  # noqa: S608 - nothing but question marks
    except sqlite3.IntegrityError:  # one of them is there already: nothing was inserted
        return _one_by_one(connection, traces)
    return traces


def _one_by_one(connection: sqlite3.Connection, records: Sequence[Record]) -> Sequence[Record]:
    return [each for each in records if connection.execute(each.sql, each.values).rowcount > 0]
