"""The counts in one SQLite file that all processes of this user share: exact, in transactions."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aurarouter_core import Database, Presence, left_behind, transaction
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
FIRST = (
    # Until when a limit is used up, as if all that was taken had been taken evenly.
    """CREATE TABLE used (
        name TEXT NOT NULL, what TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (name, what)) WITHOUT ROWID""",
    """CREATE TABLE places (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, owner TEXT NOT NULL)""",
    "CREATE INDEX places_by_name ON places (name)",
)
# When that was written: a clock that is set back must not make anybody wait for what it had been ahead.
SECOND = ("ALTER TABLE used ADD COLUMN at REAL NOT NULL DEFAULT 0",)
LOOK_AFTER = 5.0
"""Seconds between two looks for processes that were killed in their places."""
TURN = 0.05
"""Seconds after which it is asked again whether somebody left."""
USE = "INSERT INTO used VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until, at = excluded.at"


class Book:
    """The file. All of it is for one thread; nothing is made before the first question.

    Raises:
        sqlite3.Error, OSError, AuraRouterError: From each method: the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path, (FIRST, SECOND))
        self._folder = path.with_name(f"{path.name}.writers")
        self._connection: sqlite3.Connection | None = None
        self._presence: Presence | None = None
        self._looked = 0.0
        self._leaving: list[tuple[Place, Limit, int]] = []  # also those whose leaving could not be written yet

    def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        """As on `Counter`."""
        connection = self._opened()
        self._let_go(connection)
        if limit.concurrency is not None and time.monotonic() - self._looked > LOOK_AFTER:
            self._looked = time.monotonic()
            self._forget_the_dead(connection)
        with transaction(connection):
            now = time.time()  # whoever wrote last did so before
            if limit.concurrency is not None:
                (there,) = connection.execute("SELECT count(*) FROM places WHERE name = ?", (name,)).fetchone()
                if there >= limit.concurrency:
                    return Wait(seconds=TURN, why=f"{limit.concurrency} at a time", turns=True)
            rates = {"requests": (limit.requests_per_minute, 1), "tokens": (limit.tokens_per_minute, tokens)}
            taken = []
            for what, (rate, amount) in rates.items():
                if rate is None:
                    continue
                until = self._until(connection, name, what, now)
                # Tokens may overdraw what is saved up: one task may need more than that.
                spare = limit.burst - (60.0 / rate if what == "requests" else 0.0)
                if until - now > max(0.0, spare) + 1e-9:
                    return Wait(seconds=until - now - max(0.0, spare), why=f"{rate:g} {what} a minute")
                taken.append((name, what, until + amount * 60.0 / rate, now))
            connection.executemany(USE, taken)
            if limit.concurrency is None:
                return Place(name=name)
            owner = self._presence.id if self._presence else ""
            cursor = connection.execute("INSERT INTO places (name, owner) VALUES (?, ?)", (name, owner))
        return Place(name=name, id=int(cursor.lastrowid or 0))

    def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        """As on `Counter`. What can't be written now is written before anything else is."""
        self._leaving.append((place, limit, tokens))
        self._let_go(self._opened())

    def _let_go(self, connection: sqlite3.Connection) -> None:
        if not self._leaving:
            return
        with transaction(connection):
            now = time.time()
            for place, limit, tokens in self._leaving:
                if place.id:
                    connection.execute("DELETE FROM places WHERE id = ?", (place.id,))
                if limit.tokens_per_minute is not None and tokens:
                    until = self._until(connection, place.name, "tokens", now) + tokens * 60.0 / limit.tokens_per_minute
                    connection.execute(USE, (place.name, "tokens", until, now))
        self._leaving.clear()

    def close(self) -> None:
        """Let go of the file."""
        import sqlite3

        presence, self._presence = self._presence, None
        connection, self._connection = self._connection, None
        if connection is None:
            return
        settled = False
        try:
            if presence is not None:
                connection.execute("DELETE FROM places WHERE owner = ?", (presence.id,))
            settled = True
        except sqlite3.Error as error:  # whoever opens the file next finds that we have gone
            log.debug("our places in %s can't be given back: %s", self.path, error)
        finally:
            connection.close()
            if presence is not None:
                presence.end(settled=settled)

    @staticmethod
    def _until(connection: sqlite3.Connection, name: str, what: str, now: float) -> float:
        row = connection.execute("SELECT until, at FROM used WHERE name = ? AND what = ?", (name, what)).fetchone()
        if row is None:
            return now
        until, at = map(float, row)
        if at > now:
            until -= at - now
            connection.execute(USE, (name, what, until, now))
        return max(now, until)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._database.write()
            self._presence = Presence.begin(self._folder)
            try:
                self._forget_the_dead(self._connection)
            except BaseException:
                self.close()
                raise
        return self._connection

    def _forget_the_dead(self, connection: sqlite3.Connection) -> None:
        """A process that was killed leaves its places to others."""
        with left_behind(self._folder) as left, transaction(connection):
            gone = {each.id for each in left}
            owners = [owner for (owner,) in connection.execute("SELECT DISTINCT owner FROM places")]
            gone |= {owner for owner in owners if owner and not (self._folder / owner).exists()}
            connection.executemany("DELETE FROM places WHERE owner = ?", [(owner,) for owner in gone])
            connection.execute("DELETE FROM used WHERE until < ?", (time.time(),))
