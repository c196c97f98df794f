"""Traces and plugin faults in SQLite, written in batches by one thread that no request ever waits for."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any

from aurarouter_core.guard import Fault
from aurarouter_core.home import private_folder
from aurarouter_core.plain import dumps
from aurarouter_hooks import AuraRouterError, Trace

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    id TEXT NOT NULL, task_id TEXT NOT NULL, started_at REAL NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (id, task_id));
CREATE INDEX IF NOT EXISTS traces_by_time ON traces (started_at);
CREATE TABLE IF NOT EXISTS faults (
    plugin TEXT NOT NULL, hook TEXT NOT NULL, error TEXT NOT NULL, count INTEGER NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (plugin, hook)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
QUEUE = 10_000
BATCH = 500
PATIENCE = 10.0  # seconds to wait for another process that writes
GATHER = 0.1
"""Seconds in which a batch gathers. The writer sleeps meanwhile: waking it for each item costs more than writing it."""
TRIM = 1000
"""Items between two looks for old traces."""
KEEP = 20_000
"""Traces kept; the oldest go first."""

Item = Trace | Fault
Row = tuple[str, tuple[Any, ...]]


class Store:
    """Writes in the background and reads on demand.

    `add` never blocks: when the queue is full the item is dropped and counted. Closing writes what is queued; adding
    afterwards opens it again.

    Attributes:
        dropped: Items that were lost and not yet counted in the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dropped = 0
        self._lock = threading.Lock()
        self._queue: Queue[Item | None] | None = None
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()

    def add(self, item: Item) -> None:
        """Keep a trace or a fault, soon."""
        with self._lock:
            if self._queue is None:
                self._queue, self._hurry = Queue(QUEUE), threading.Event()
                self._thread = threading.Thread(
                    target=self._write, args=(self._queue, self._hurry), name="aurarouter-store", daemon=True
                )
                self._thread.start()
            try:
                self._queue.put_nowait(item)
            except Full:
                self.dropped += 1

    def close(self) -> None:
        """Write what is queued and end the thread."""
        with self._lock:
            items, self._queue = self._queue, None
            thread, self._thread = self._thread, None
            hurry = self._hurry
        if items is not None and thread is not None:
            items.put(None)  # nobody else has this queue any more, so nothing comes after it
            hurry.set()
            thread.join()

    def _write(self, items: Queue[Item | None], hurry: threading.Event) -> None:
        import sqlite3

        connection: sqlite3.Connection | None = None
        going_on, untrimmed = True, TRIM
        while going_on:
            batch, going_on = _batch(items, hurry)
            rows = [row for item in batch if (row := self._row(item)) is not None]
            with self._lock:
                lost = self.dropped
            try:
                connection = connection or _open(self.path)
                _insert(connection, rows, lost)
                untrimmed += len(rows)
                if untrimmed >= TRIM:
                    _trim(connection)
                    untrimmed = 0
                change = -lost
            except (sqlite3.Error, OSError, AuraRouterError) as error:
                if rows:
                    log.warning("traces can't be kept in %s (%d lost): %s", self.path, len(rows), error)
                change = len(rows)
                if connection is not None:
                    connection.close()
                    connection = None
            with self._lock:
                self.dropped += change
        if connection is not None:
            connection.close()

    def _row(self, item: Item) -> Row | None:
        """What to execute for an item; None, counted, when something in it can't be written down at all."""
        try:
            if isinstance(item, Trace):
                sql = "INSERT OR REPLACE INTO traces VALUES (?, ?, ?, ?, ?)"
                values: tuple[Any, ...] = (item.id, item.task_id, item.started_at, item.error is None, dumps(item))
            else:
                sql = (
                    "INSERT INTO faults VALUES (?, ?, ?, 1, ?) ON CONFLICT DO UPDATE SET "
                    "error = excluded.error, count = count + 1, last_at = excluded.last_at"
                )
                values = (item.plugin, item.hook, item.error, time.time())
            return sql, tuple(_text(value) if isinstance(value, str) else value for value in values)
        except Exception as error:  # noqa: BLE001 - a value from a stranger; the others must still be written
            log.warning("a record can't be kept: %s", type(error).__name__)
            with self._lock:
                self.dropped += 1
            return None

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


def _batch(items: Queue[Item | None], hurry: threading.Event) -> tuple[list[Item], bool]:
    """What has gathered, at least one item; False when the end has come."""
    taken = [items.get()]
    if taken[0] is not None and items.qsize() < BATCH:
        hurry.wait(GATHER)
    while len(taken) < BATCH and taken[-1] is not None:
        try:
            taken.append(items.get_nowait())
        except Empty:
            break
    return [item for item in taken if item is not None], taken[-1] is not None


def _text(value: str) -> str:
    """Lone surrogates are no text for SQLite."""
    return value.encode("utf-8", "replace").decode()


def _open(path: Path) -> sqlite3.Connection:
    import sqlite3

    private_folder(path.parent)
    if not path.exists():
        path.touch(mode=0o600)
    connection = sqlite3.connect(path, timeout=PATIENCE)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(SCHEMA)
        except sqlite3.OperationalError:
            # Who switches a new file to WAL while another does gets "locked" at once: SQLite doesn't wait there.
            if time.monotonic() > until:
                connection.close()
                raise
            time.sleep(0.01)
        except sqlite3.Error:
            connection.close()
            raise
        else:
            return connection


def _insert(connection: sqlite3.Connection, rows: Sequence[Row], dropped: int) -> None:
    with connection:
        for sql, values in rows:
            connection.execute(sql, values)
        if dropped:
            connection.execute(
                "INSERT INTO dropped VALUES ('records', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (dropped,),
            )


def _trim(connection: sqlite3.Connection) -> None:
    """Let the oldest traces go."""
    with connection:
        connection.execute(
            "DELETE FROM traces WHERE started_at < "
            "(SELECT started_at FROM traces ORDER BY started_at DESC LIMIT 1 OFFSET ?)",
            (KEEP - 1,),
        )
