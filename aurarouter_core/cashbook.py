"""What was spent and what is set aside, in one SQLite file: exact, and shared by all processes of this user."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from aurarouter_core.budget_settings import Limit
from aurarouter_core.database import Database, transaction
from aurarouter_core.store.held import Held
from aurarouter_core.store.presence import Presence, left_behind

if TYPE_CHECKING:
    import sqlite3

NANO = 10**9
"""Amounts are kept as whole billionths of a US dollar, so that sums are exact."""
KEPT_DAYS, STRAY = 1100, 86400.0
"""Days for which sums are kept; seconds after which what nobody can be held to counts as spent."""
FIRST = (
    """CREATE TABLE spent (
        day TEXT NOT NULL, app TEXT NOT NULL, amount INTEGER NOT NULL, assumed INTEGER NOT NULL,
        PRIMARY KEY (day, app)) WITHOUT ROWID""",
    """CREATE TABLE reserved (
        id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, day TEXT NOT NULL, app TEXT NOT NULL,
        model TEXT NOT NULL, amount INTEGER NOT NULL, at REAL NOT NULL)""",
)
STEPS = (FIRST,)
SPEND = (
    "INSERT INTO spent VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, assumed = assumed + excluded.assumed"
)


def day_of(when: float) -> str:
    """The day of a Unix time, as YYYY-MM-DD in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(when))


@frozen(kw_only=True)
class Standing:
    """How a limit stands, in billionths of a US dollar.

    Attributes:
        start: The first day that counts.
        spent: Settled, with `assumed`: what is taken as spent by processes that were killed.
        reserved: Set aside for attempts that are under way.
    """

    limit: Limit
    start: str
    spent: int = 0
    assumed: int = 0
    reserved: int = 0

    @property
    def most(self) -> int:
        """The limit itself."""
        return round(self.limit.dollars * NANO)


@frozen
class Reservation:
    """An amount that was set aside.

    Attributes:
        file: Which of the files that stood at the path one after the other it is in.
    """

    id: int
    amount: int
    day: str
    app: str
    file: int


class Cashbook:
    """The file. All of it is for one thread; nothing is made before the first reservation or look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = Held(Database(path, STEPS))
        self._folder = path.with_name(f"{path.name}.writers")
        self._file = 0
        self._presence: Presence | None = None

    def reserve(
        self, limits: Sequence[Limit], app: str, model: str, amount: int
    ) -> tuple[Reservation | None, Sequence[Standing]]:
        """Set an amount aside, unless a limit would be passed; with how the limits stood before.

        Raises:
            sqlite3.Error, OSError, AuraRouterError: The file can't be used; nothing is set aside.
        """
        connection = self._opened()
        now = time.time()
        day = day_of(now)
        with transaction(connection):
            found = [_standing(connection, limit, day) for limit in limits]
            if any(each.spent + each.reserved + amount > each.most for each in found):
                return None, found
            owner = self._presence.id if self._presence else ""
            row = (owner, day, app, model, amount, now)
            cursor = connection.execute(
                "INSERT INTO reserved (owner, day, app, model, amount, at) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        return Reservation(int(cursor.lastrowid or 0), amount, day, app, self._file), found

    def settle(self, reservation: Reservation, amount: int) -> None:
        """Put the truth in the place of what was set aside; it counts on the day on which that was.

        Raises:
            sqlite3.Error, OSError, AuraRouterError: The file can't be used; the reservation stands.
        """
        connection = self._opened()
        with transaction(connection):
            here = reservation.file == self._file
            if here and connection.execute("DELETE FROM reserved WHERE id = ?", (reservation.id,)).rowcount == 0:
                return  # somebody took it as spent
            connection.execute(SPEND, (reservation.day, reservation.app, amount, 0))

    def standings(self, limits: Iterable[Limit]) -> Sequence[Standing]:
        """How limits stand now.

        Raises:
            sqlite3.Error, OSError, AuraRouterError: The file can't be used.
        """
        connection = self._opened()
        day = day_of(time.time())
        with transaction(connection):
            return [_standing(connection, limit, day) for limit in limits]

    def close(self) -> None:
        """Nothing of ours is under way any more. What is not settled counts as spent for whoever opens it next."""
        connection, presence = self._held.connection, self._presence
        if connection is not None and presence is not None:
            mine = "SELECT count(*) FROM reserved WHERE owner = ?"
            settled = connection.execute(mine, (presence.id,)).fetchone() == (0,)
            presence.end(settled=settled)
            self._presence = None
        self._held.close()

    def _opened(self) -> sqlite3.Connection:
        connection, is_new = self._held.current()
        if is_new:
            self._file += 1
            try:
                connection.execute("PRAGMA synchronous = FULL")  # money is not lost with the power, either
                if self._presence is not None:
                    self._presence.end(settled=True)  # what is not, is in a file that was moved away
                self._presence = Presence.begin(self._folder)
                self._recover(connection)
            except BaseException:
                self._held.close()
                raise
        return connection

    def _recover(self, connection: sqlite3.Connection) -> None:
        """What a process had set aside that ended without settling counts as spent in full: it may have been."""
        now = time.time()
        with left_behind(self._folder) as left, transaction(connection):
            gone = {each.id for each in left}
            owners = [owner for (owner,) in connection.execute("SELECT DISTINCT owner FROM reserved")]
            gone |= {owner for owner in owners if owner and not (self._folder / owner).exists()}
            for owner in gone:
                _assume(connection, "owner = ?", owner)
            _assume(connection, "owner = '' AND at < ?", now - STRAY)
            connection.execute("DELETE FROM spent WHERE day < ?", (day_of(now - KEPT_DAYS * 86400.0),))


def _assume(connection: sqlite3.Connection, which: str, value: str | float) -> None:
    rows = connection.execute(f"SELECT day, app, sum(amount) FROM reserved WHERE {which} GROUP BY day, app", (value,))  # noqa: S608 - our own words
    connection.executemany(SPEND, [(*row, row[2]) for row in rows.fetchall()])
    connection.execute(f"DELETE FROM reserved WHERE {which}", (value,))  # noqa: S608


def _standing(connection: sqlite3.Connection, limit: Limit, day: str) -> Standing:
    start = day if limit.period == "day" else f"{day[:7]}-01"
    whose, values = ("", ()) if limit.app is None else (" AND app = ?", (limit.app,))
    when = (start, day, *values)
    (spent, assumed) = connection.execute(
        f"SELECT coalesce(sum(amount), 0), coalesce(sum(assumed), 0) FROM spent WHERE day BETWEEN ? AND ?{whose}",  # noqa: S608
        when,
    ).fetchone()
    (reserved,) = connection.execute(
        f"SELECT coalesce(sum(amount), 0) FROM reserved WHERE day BETWEEN ? AND ?{whose}",  # noqa: S608
        when,
    ).fetchone()
    return evolve(Standing(limit=limit, start=start), spent=spent, assumed=assumed, reserved=reserved)
