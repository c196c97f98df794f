"""A connection to a file that may be moved away or replaced meanwhile: nothing is lost, or gets into the other one."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from aurarouter_core.atomic import locked
from aurarouter_core.database import Database
from aurarouter_hooks import AuraRouterError

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
Which = tuple[int, int]


class Held:
    """A connection that goes to whichever file stands at the database's path.

    Attributes:
        connection: None until it is needed.
    """

    def __init__(self, database: Database, *, any_thread: bool = False) -> None:
        self.connection: sqlite3.Connection | None = None
        self._database, self._any_thread = database, any_thread
        self._path, self._pending = database.path, database.path.with_name(f"{database.path.name}-wal")
        self._seen: tuple[Which | None, Which | None] = (None, None)

    def current(self) -> tuple[sqlite3.Connection, bool]:
        """The connection, and whether it was opened just now.

        Raises:
            sqlite3.Error, OSError, AuraRouterError: As `Database.write`.
        """
        if self.connection is not None and _which(self._path) != self._seen[0]:
            self._leave(self.connection)
        if self.connection is not None:
            return self.connection, False
        self.connection = self._database.write(any_thread=self._any_thread)
        self._seen = _which(self._path), _which(self._pending)
        return self.connection, True

    def close(self) -> None:
        """Let go of the file."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def _leave(self, connection: sqlite3.Connection) -> None:
        """Let go of a file that stands there no longer.

        SQLite finds what is pending for a file by its name alone: it would be missing from the file that was moved
        away, and be read into the next one. Whoever notices first puts it where it belongs.
        """
        import sqlite3

        try:
            with locked(self._path):
                if self._seen[1] is not None and _which(self._pending) == self._seen[1]:
                    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    if not busy:
                        for beside in ("-wal", "-shm"):
                            self._path.with_name(f"{self._path.name}{beside}").unlink(missing_ok=True)
        except (sqlite3.Error, OSError, AuraRouterError) as exc:
            log.warning("%s was moved away or replaced, and what was pending for it may be lost: %s", self._path, exc)
        finally:
            self.close()


def _which(path: Path) -> Which | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
