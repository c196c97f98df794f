"""A SQLite file with a version: an older one is moved forward, a newer one is refused."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from aurarouter_core.home import private_folder
from aurarouter_core.room import sqlite_code, unusable
from aurarouter_hooks import AuraRouterError

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
PATIENCE = 10.0  # seconds to wait for another process that writes
HELD = frozenset({5, 6, 15})  # SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: somebody else is at it
JOURNAL = 16 * 2**20  # bytes that the file of pending changes keeps when it is empty again
CACHE = 1000  # KiB of the file that who writes keeps in memory; SQLite's own 2000 were no quicker

Step = Sequence["str | Callable[[sqlite3.Connection], None]"]


@frozen
class Database:
    """A file that several processes share.

    Attributes:
        path: The file, readable by this user alone; made when first written to.
        steps: How its form grew: statements and functions. The number of steps taken is the file's version.
    """

    path: Path
    steps: Sequence[Step]

    def write(self, *, any_thread: bool = False) -> sqlite3.Connection:
        """A connection that may write, to a file of today's form. It opens no transactions by itself.

        Args:
            any_thread: Threads may use it in turn; whoever holds it sees to that.

        Raises:
            sqlite3.Error, OSError: The file can't be used.
            AuraRouterError: A newer version wrote it, or its folder can't be made.
        """
        private_folder(self.path.parent)
        if not self.path.exists():
            self.path.touch(mode=0o600)
        connection = self._connection(str(self.path), uri=False, any_thread=any_thread)
        try:
            _patiently(self._prepare, connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query; none when there is no file, and none is made.

        Raises:
            AuraRouterError: The file can't be read, or a newer version wrote it.
        """
        import sqlite3

        if not self.path.exists():
            return []
        try:
            with closing(self._reader()) as connection:
                return connection.execute(sql, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise unusable(f"{self.path} can't be read", self.path, error) from error

    def _reader(self) -> sqlite3.Connection:
        import sqlite3

        connection = self._connection(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            if self._version(connection) == len(self.steps):
                return connection
        except sqlite3.OperationalError as error:
            log.debug("%s can't be read without writing: %s", self.path, error)
        except BaseException:
            connection.close()
            raise
        connection.close()
        return self.write()  # an older file is moved forward, and what a killed program left half done is undone

    @staticmethod
    def _connection(where: str, *, uri: bool, any_thread: bool = False) -> sqlite3.Connection:
        import sqlite3

        return sqlite3.connect(where, uri=uri, timeout=PATIENCE, isolation_level=None, check_same_thread=not any_thread)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # acts on a new file; an old one needs a VACUUM too
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {JOURNAL}")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        if self._version(connection) < len(self.steps):
            with transaction(connection):
                for step in self.steps[self._version(connection) :]:
                    for part in step:
                        if isinstance(part, str):
                            connection.execute(part)
                        else:
                            part(connection)
                connection.execute(f"PRAGMA user_version = {len(self.steps)}")
            self._make_shrinkable(connection)

    def _make_shrinkable(self, connection: sqlite3.Connection) -> None:
        """Let a file that was made before this was asked for give back the room that it no longer needs."""
        import sqlite3

        if connection.execute("PRAGMA auto_vacuum").fetchone() != (2,):
            try:
                connection.execute("VACUUM")
            except sqlite3.OperationalError as error:  # somebody else is using it; what is free is used again anyhow
                log.debug("%s stays as large as it is: %s", self.path, error)

    def _version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self.steps):
            raise AuraRouterError(
                f"{self.path} is of version {version}, and this AuraRouter knows it up to {len(self.steps)}",
                hint="Update AuraRouter, or set AURAROUTER_HOME to another folder.",
            )
        return int(version)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block's changes, or none. It waits for other writers at its start, not in the middle."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite may have undone it by itself
            connection.execute("ROLLBACK")
        raise


def _patiently(work: Callable[[sqlite3.Connection], None], connection: sqlite3.Connection) -> None:
    """Who switches a new file to WAL while another does gets "locked" at once: SQLite doesn't wait there."""
    import sqlite3

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return work(connection)
        except sqlite3.OperationalError as error:
            if sqlite_code(error) not in HELD or time.monotonic() > until:
                raise  # a full disk, for one, is as full in ten seconds
            time.sleep(0.01)
