"""How much the store keeps, and letting go of what is too old or too much."""

from __future__ import annotations

from collections.abc import Iterator
from time import gmtime, strftime
from typing import TYPE_CHECKING

from attrs import frozen

from aurarouter_core.config import System
from aurarouter_core.database import transaction

if TYPE_CHECKING:
    import sqlite3

A_DAY = 86400.0
USAGE_DAYS = 1100
"""Days for which usage is kept: three years, and the month that began them."""
PORTION = 250
"""Traces that go in one transaction, so that other processes can write between two."""
PAGES = 250
"""Pages of the file that are given back in one go."""


@frozen(kw_only=True)
class Keep:
    """How much is kept; the oldest traces go first.

    Attributes:
        traces: How many traces.
        days: For how long.
        megabytes: How large the file may be.
    """

    traces: int
    days: float
    megabytes: float

    @classmethod
    def of(cls, system: System = System()) -> Keep:  # noqa: B008 - frozen
        """As a configuration says."""
        return cls(traces=system.keep_traces, days=system.keep_days, megabytes=system.keep_megabytes)


def trim(connection: sqlite3.Connection, keep: Keep, now: float) -> Iterator[None]:
    """Let go of what is too old or too much, and give its room back; yields after each piece of that.

    Whoever stops in between begins anew another time: what is gone is gone.
    """
    with transaction(connection):
        connection.execute("DELETE FROM states WHERE at < ?", (now - A_DAY,))
        connection.execute("DELETE FROM usage WHERE day < ?", (strftime("%Y-%m-%d", gmtime(now - USAGE_DAYS * A_DAY)),))
        for table in ("ends", "runs"):
            connection.execute(f"DELETE FROM {table} WHERE at < ?", (now - keep.days * A_DAY,))  # noqa: S608
    yield from _traces_before(connection, now - keep.days * A_DAY)
    yield from _oldest(connection, _traces(connection) - keep.traces)
    while _bytes(connection) > keep.megabytes * 2**20 and (traces := _traces(connection)):
        yield from _oldest(connection, max(1, traces // 10))
    while (free := _pragma(connection, "freelist_count")) and _pragma(connection, "auto_vacuum") == 2:
        # As a script, which runs to its end: `execute` takes one step, which gives back one page.
        connection.executescript(f"PRAGMA incremental_vacuum({PAGES})")
        yield
        if _pragma(connection, "freelist_count") >= free:
            break


def _traces(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM traces").fetchone()
    return int(count)


def _traces_before(connection: sqlite3.Connection, when: float) -> Iterator[None]:
    gone = PORTION
    while gone == PORTION:
        with transaction(connection):
            gone = connection.execute(
                "DELETE FROM traces WHERE rowid IN (SELECT rowid FROM traces WHERE started_at < ? LIMIT ?)",
                (when, PORTION),
            ).rowcount
        if gone:
            yield


def _oldest(connection: sqlite3.Connection, count: int) -> Iterator[None]:
    while count > 0:
        with transaction(connection):
            connection.execute(
                "DELETE FROM traces WHERE rowid IN (SELECT rowid FROM traces ORDER BY started_at, rowid LIMIT ?)",
                (min(count, PORTION),),
            )
        count -= PORTION
        yield


def _bytes(connection: sqlite3.Connection) -> int:
    """What is in use; free pages are given back afterwards."""
    used = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
    return used * _pragma(connection, "page_size")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
