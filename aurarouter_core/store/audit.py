"""The audit: who was about to be sent private data, committed before it happens. It holds rules, never text."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from aurarouter_core.database import Database, transaction
from aurarouter_core.room import unusable
from aurarouter_core.store import missed
from aurarouter_core.store.audit_rows import AuditRow, Configuration, Coverage, Found
from aurarouter_core.store.held import Held
from aurarouter_core.store.schema import STEPS

if TYPE_CHECKING:
    import sqlite3

A_DAY = 86400.0
CONVERSATIONS = 1_000_000
"""Private conversations that are kept in mind; once they are so many, every conversation counts as private."""
PRUNE_EVERY = 3600.0

COLUMNS = (
    "at", "task", "trace", "node", "number", "model", "provider", "place", "host", "here", "action", "why", "private",
    "surface", "app", "configuration",
)  # fmt: skip
INSERT = f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our own words


class Audit:
    """The audit's tables in the store's file, for one thread at a time to write to; shared by all processes.

    Args:
        path: The store's file.
        days: For how long rows are kept.

    Raises:
        AuraRouterError: From what reads: the file can't be read, or a newer version wrote it.
    """

    def __init__(self, path: Path, days: float = 400.0) -> None:
        self.path = path
        self.days = days
        self._database = Database(path, STEPS)
        self._held = Held(self._database, any_thread=True)
        self._lock = threading.Lock()
        self._pruned_at: float | None = None

    def commit(
        self,
        row: AuditRow | None,
        configuration: Configuration,
        *,
        conversation: str = "",
    ) -> None:
        """Write a row, on the disk when this returns; or, without one, that a configuration is in use today.

        Args:
            row: Its configuration is the one beside it.
            conversation: Is private from now on.

        Raises:
            AuraRouterError: It can't be written.
        """
        import sqlite3

        with self._lock:
            try:
                self._write(row, configuration, conversation)
            except (sqlite3.Error, OSError) as error:
                self._held.close()
                raise unusable(
                    f"the audit of private data can't be written to {self.path}", self.path, error
                ) from error
            except BaseException:
                self._held.close()
                raise

    def misses(self, configuration: Configuration) -> None:
        """A configuration is in use today that could not be written down: leave a mark of that.

        Raises:
            OSError: Not even that can be written.
        """
        missed.mark(self.path, day(time.time()), configuration.hash)

    def keep_private(self, conversation: str) -> None:
        """A conversation is private from now on, for every process.

        Raises:
            AuraRouterError: It can't be written.
        """
        self.commit(None, Configuration(body=""), conversation=conversation)

    def is_private(self, conversation: str) -> bool:
        """It was private once; or there are too many to tell.

        Raises:
            AuraRouterError: The file can't be read.
        """
        rows = self._database.read(
            "SELECT EXISTS (SELECT 1 FROM private_conversations WHERE id = ?) "
            "OR (SELECT count(*) FROM private_conversations) >= ?",
            (_digest(conversation), CONVERSATIONS),
        )
        return bool(rows and rows[0][0])

    def close(self) -> None:
        """Let go of the file; writing opens it again."""
        with self._lock:
            self._held.close()

    def rows(
        self, *, since: float = 0.0, rules: Sequence[str] = (), model: str = "", here: bool | None = None
    ) -> Iterator[AuditRow]:
        """Rows in order of time, each with all of its findings.

        Args:
            since: Unix time.
            rules: Only rows in which one of these found something.
            model: Only attempts at this one.
            here: Only those on this machine, or only others.
        """
        wishes: dict[str, Any] = {"at >= ?": since}
        if model:
            wishes["model = ?"] = model
        if here is not None:
            wishes["here = ?"] = here
        values = list(wishes.values())
        where = " AND ".join(wishes)
        if rules:
            marks = ", ".join("?" * len(rules))
            where += f" AND EXISTS (SELECT 1 FROM audit_findings WHERE row = audit.id AND rule IN ({marks}))"  # noqa: S608
            values += rules
        found = self._database.read(
            f"SELECT {', '.join(COLUMNS)}, (SELECT json_group_array(json_array(rule, fingerprint, fate)) "  # noqa: S608
            f"FROM audit_findings WHERE row = audit.id) FROM audit WHERE {where} ORDER BY at, id",
            values,
        )
        for *columns, findings in found:
            fields = dict(zip(COLUMNS, columns, strict=True))
            fields.update(here=bool(fields["here"]), private=bool(fields["private"]))
            yield AuditRow(**fields, findings=tuple(Found(*each) for each in json.loads(findings)))

    def coverage(self) -> Coverage:
        """What the audit covers."""
        times = dict(self._database.read("SELECT what, at FROM audit_times"))
        uses = self._database.read("SELECT day, configuration FROM audit_uses ORDER BY day")
        asked = self._database.read("SELECT DISTINCT day FROM usage WHERE attempts - unasked > failures ORDER BY day")
        return Coverage(
            began=times.get("began"),
            pruned=times.get("pruned"),
            uses=tuple(map(tuple, uses)),
            missed=missed.marks(self.path),
            asked=tuple(day for (day,) in asked),
            writable=missed.can_mark(self.path),
        )

    def configurations(self) -> Mapping[str, Any]:
        """What each hash stands for."""
        rows = self._database.read("SELECT hash, body FROM audit_configurations")
        return {name: json.loads(body) for name, body in rows}

    def _write(self, row: AuditRow | None, configuration: Configuration, conversation: str) -> None:
        now = time.time()
        connection, is_new = self._held.current()
        if is_new:
            connection.execute("PRAGMA synchronous = FULL")  # a power cut takes back no row either
        with transaction(connection):
            if configuration.body:
                self._use(connection, configuration, now)
            if row is not None:
                self._add(connection, row)
            if conversation:
                connection.execute(
                    "INSERT INTO private_conversations VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
                    (_digest(conversation), now),
                )
            if self._pruned_at is None or not 0 <= now - self._pruned_at < PRUNE_EVERY:
                self._prune(connection, now - self.days * A_DAY)
                missed.forget(self.path, day(now - self.days * A_DAY))
                self._pruned_at = now

    @staticmethod
    def _use(connection: sqlite3.Connection, configuration: Configuration, now: float) -> None:
        name = configuration.hash
        connection.execute("INSERT OR IGNORE INTO audit_configurations VALUES (?, ?)", (name, configuration.body))
        connection.execute("INSERT OR IGNORE INTO audit_uses VALUES (?, ?)", (day(now), name))

    @staticmethod
    def _add(connection: sqlite3.Connection, row: AuditRow) -> None:
        values = [_text(getattr(row, name)) for name in COLUMNS]
        number = connection.execute(INSERT, values).lastrowid
        connection.executemany(
            "INSERT OR IGNORE INTO audit_findings VALUES (?, ?, ?, ?)",
            [(number, found.rule, found.fingerprint, found.fate) for found in row.findings],
        )

    @staticmethod
    def _prune(connection: sqlite3.Connection, before: float) -> None:
        connection.execute("DELETE FROM private_conversations WHERE at < ?", (before,))
        connection.execute("DELETE FROM audit_findings WHERE row IN (SELECT id FROM audit WHERE at < ?)", (before,))
        gone = connection.execute("DELETE FROM audit WHERE at < ?", (before,)).rowcount
        gone += connection.execute("DELETE FROM audit_uses WHERE day < ?", (day(before),)).rowcount
        connection.execute(
            "DELETE FROM audit_configurations WHERE hash NOT IN (SELECT configuration FROM audit_uses) "
            "AND hash NOT IN (SELECT configuration FROM audit)"
        )
        if gone:
            connection.execute(
                "INSERT INTO audit_times VALUES ('pruned', ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
                (before,),
            )


def day(at: float) -> str:
    """The day of a Unix time, in UTC."""
    return strftime("%Y-%m-%d", gmtime(at))


def _digest(conversation: str) -> bytes:
    """Ids are the caller's words; they need not be kept to be known again."""
    return hashlib.sha256(conversation.encode("utf-8", "replace")).digest()


def _text(value: Any) -> Any:
    """Lone surrogates are no text for SQLite."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
