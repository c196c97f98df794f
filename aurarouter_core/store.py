"""Traces and plugin faults in SQLite, written in batches by one thread that no request ever waits for."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aurarouter_core.guard import Fault
from aurarouter_core.plain import dumps
from aurarouter_hooks import AuraRouterError, Trace

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    id TEXT NOT NULL, task_id TEXT NOT NULL, started_at REAL NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (id, task_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS traces_by_time ON traces (started_at);
CREATE TABLE IF NOT EXISTS faults (
    plugin TEXT NOT NULL, hook TEXT NOT NULL, error TEXT NOT NULL, count INTEGER NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (plugin, hook)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
QUEUE = 10_000
BATCH = 500
KEEP = 20_000
"""Traces kept; the oldest go first."""


class Store:
    """Writes in the background and reads on demand.

    `add` never blocks: when the queue is full the item is dropped and counted. Closing writes what is queued.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dropped = 0
        self._queue: queue.Queue[Trace | Fault | None] = queue.Queue(QUEUE)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, item: Trace | Fault) -> None:
        """Keep a trace or a fault, soon."""
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.dropped += 1

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="aurarouter-store", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what is queued and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _write(self) -> None:
        import sqlite3

        connection = None
        try:
            connection = _open(self.path)
            going_on = True
            while going_on:
                batch, going_on = self._batch()
                _insert(connection, batch, self.dropped)
                self.dropped = 0
        except (sqlite3.Error, OSError) as error:
            log.warning("traces can't be kept in %s: %s", self.path, error)
            self._drain()
        finally:
            if connection is not None:
                connection.close()

    def _batch(self) -> tuple[list[Trace | Fault], bool]:
        items = [self._queue.get()]
        while len(items) < BATCH and items[-1] is not None:
            try:
                items.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return [item for item in items if item is not None], items[-1] is not None

    def _drain(self) -> None:
        """With no file to write to, count what comes until the end."""
        while self._queue.get() is not None:
            self.dropped += 1

    # Reading

    def latest(self, count: int = 20) -> Sequence[dict[str, Any]]:
        """The newest traces as plain data, newest first."""
        return self._read("SELECT body FROM traces ORDER BY started_at DESC LIMIT ?", (count,))

    def find(self, prefix: str) -> Sequence[dict[str, Any]]:
        """Traces whose id or task id begins with these characters, newest first."""
        like = prefix.replace("%", "").replace("_", "") + "%"
        return self._read(
            "SELECT body FROM traces WHERE id LIKE ? OR task_id LIKE ? ORDER BY started_at DESC LIMIT 20", (like, like)
        )

    def faults(self) -> Sequence[tuple[str, str, str, int, float]]:
        """(plugin, hook, error, count, last time) of plugins that raised."""
        return self._query("SELECT plugin, hook, error, count, last_at FROM faults ORDER BY last_at DESC", ())

    def _read(self, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        return [json.loads(body) for (body,) in self._query(sql, values)]

    def _query(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        import sqlite3

        if not self.path.exists():
            return []
        try:
            connection = _open(self.path)
            try:
                return connection.execute(sql, values).fetchall()
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise AuraRouterError(
                f"{self.path} can't be read: {error}", hint="Move the file away; a new one is made when needed."
            ) from error


def _open(path: Path) -> sqlite3.Connection:
    import sqlite3

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(SCHEMA)
    return connection


def _insert(connection: sqlite3.Connection, batch: Sequence[Trace | Fault], dropped: int) -> None:
    with connection:
        connection.executemany(
            "INSERT OR REPLACE INTO traces VALUES (?, ?, ?, ?, ?)",
            [
                (item.id, item.task_id, item.started_at, item.error is None, dumps(item))
                for item in batch
                if isinstance(item, Trace)
            ],
        )
        connection.executemany(
            "INSERT INTO faults VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET "
            "error = excluded.error, count = count + 1, last_at = excluded.last_at",
            [(item.plugin, item.hook, item.error, time.time()) for item in batch if isinstance(item, Fault)],
        )
        if dropped:
            connection.execute(
                "INSERT INTO dropped VALUES ('traces', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (dropped,),
            )
        connection.execute(
            "DELETE FROM traces WHERE started_at < "
            "(SELECT started_at FROM traces ORDER BY started_at DESC LIMIT 1 OFFSET ?)",
            (KEEP - 1,),
        )
