"""Answers in one SQLite file that all processes of this user share, and who is just getting which."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurarouter_cache.kept import Kept
from aurarouter_core import Database, transaction

if TYPE_CHECKING:
    import sqlite3

LEASE = 15.0
"""Seconds for which a claim stands; who is at work renews it."""
OFTEN = 64
"""Every so many answers it is looked whether the oldest have to go."""
FIRST = (
    """CREATE TABLE answers (
        key BLOB PRIMARY KEY, model TEXT NOT NULL, at REAL NOT NULL, until REAL NOT NULL, size INTEGER NOT NULL,
        body TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX answers_by_time ON answers (at)",
    "CREATE TABLE claims (key BLOB PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID",
)


class Book:
    """The file. All of it is for one thread; nothing is made before the first answer is looked for.

    Raises:
        sqlite3.Error, OSError, AuraRouterError: From each method: the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark = path.with_suffix(".cleared")
        self._database = Database(path, (FIRST,))
        self._connection: sqlite3.Connection | None = None
        self._owner = f"{os.getpid()}-{os.urandom(8).hex()}"
        self._put = 0

    @property
    def stamp(self) -> int:
        """Changes whenever answers are cleared, by whichever process; so quick that any thread may look."""
        try:
            return self._mark.stat().st_mtime_ns
        except OSError:
            return 0

    def look(self, key: bytes) -> Kept | None:
        """The answer, while it holds."""
        row = (
            self._opened()
            .execute("SELECT body, until FROM answers WHERE key = ? AND until > ?", (key, time.time()))
            .fetchone()
        )
        return None if row is None else Kept.from_json(*row)

    def claim(self, key: bytes) -> bool:
        """Say that we get this answer; False when another process is at it."""
        connection, now = self._opened(), time.time()
        with transaction(connection):
            row = connection.execute("SELECT owner, until FROM claims WHERE key = ?", (key,)).fetchone()
            if row is not None and row[0] != self._owner and row[1] > now:
                return False
            connection.execute("INSERT OR REPLACE INTO claims VALUES (?, ?, ?)", (key, self._owner, now + LEASE))
        return True

    def renew(self, key: bytes) -> None:
        """We are still at it."""
        self._opened().execute(
            "UPDATE claims SET until = ? WHERE key = ? AND owner = ?", (time.time() + LEASE, key, self._owner)
        )

    def release(self, key: bytes) -> None:
        """We are no longer at it, and have nothing."""
        self._opened().execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._owner))

    def put(self, key: bytes, model: str, kept: Kept, body: str, most: int, stamp: int) -> None:
        """Keep an answer, and about `most` bytes in all; none when something was cleared since the stamp."""
        connection, now = self._opened(), time.time()
        with transaction(connection):
            if self.stamp != stamp:  # asked in here: whoever clears from now on finds the answer
                return
            row = (key, model, now, kept.until, len(body), body)
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._owner))
            if self._put % OFTEN == 0:
                _make_room(connection, now, most)
        self._put += 1

    def status(self) -> dict[str, Any]:
        """How much is kept, by model; nothing is made."""
        rows = self._database.read(
            "SELECT model, count(*), sum(size), min(at) FROM answers WHERE until > ? GROUP BY model", (time.time(),)
        )
        models = {model: {"answers": count, "bytes": size} for model, count, size, _ in rows}
        return {
            "path": str(self.path),
            "answers": sum(row[1] for row in rows),
            "bytes": sum(row[2] for row in rows),
            "oldest": min((row[3] for row in rows), default=None),
            "models": models,
        }

    def clear(self, model: str | None) -> int:
        """Forget all answers, or one model's, also in other processes' memory; how many the file had."""
        self._cleared()  # what is just being got is not kept
        if not self.path.exists():
            return 0
        connection = self._opened()
        with transaction(connection):
            where, values = ("", ()) if model is None else (" WHERE model = ?", (model,))
            gone = connection.execute(f"DELETE FROM answers{where}", values).rowcount  # noqa: S608 - our own words
        self._cleared()  # nor what was read until now
        connection.executescript("PRAGMA incremental_vacuum")  # to its end: `execute` takes one step, which is one page
        return int(gone)

    def _cleared(self) -> None:
        if self._mark.parent.is_dir():
            self._mark.touch(mode=0o600)

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.execute("DELETE FROM claims WHERE owner = ?", (self._owner,))
            finally:
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._database.write()
        return self._connection


def _make_room(connection: sqlite3.Connection, now: float, most: int) -> None:
    connection.execute("DELETE FROM answers WHERE until <= ?", (now,))
    connection.execute("DELETE FROM claims WHERE until <= ?", (now,))
    (size,) = connection.execute("SELECT coalesce(sum(size), 0) FROM answers").fetchone()
    while size > most:
        gone = connection.execute(
            "DELETE FROM answers WHERE key IN (SELECT key FROM answers ORDER BY at LIMIT 32) RETURNING size"
        ).fetchall()
        size -= sum(each for (each,) in gone)
