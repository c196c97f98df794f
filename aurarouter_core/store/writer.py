"""Writes records in batches, in one thread that no request ever waits for. What is lost is counted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from aurarouter_core.database import Database, transaction
from aurarouter_core.store.bounds import Keep, trim
from aurarouter_core.store.held import Held
from aurarouter_core.store.presence import Left, Presence, left_behind
from aurarouter_core.store.records import Item, Record, record
from aurarouter_core.store.usage import Sums
from aurarouter_core.store.writing import written

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)
QUEUE = 10_000
BATCH = 500
GATHER = 0.1
"""Seconds in which a batch gathers. The writer sleeps meanwhile: waking it for each item costs more than writing it."""
TRIM_RECORDS, TRIM_SECONDS = 1000, 3600.0
"""Between two looks for what is too old or too much: whichever comes first."""
TRIM_PIECE = 0.3
"""Seconds of letting go at a time: whoever closes the store waits for no more, however much there is to let go of."""
LOST = "INSERT INTO dropped VALUES ('records', ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"


class Writer:
    """One thread's work, from its first item until it is closed.

    Attributes:
        dropped: Items that were lost and not yet counted in the file.
        keep: How much stays in the file.
    """

    def __init__(self, database: Database, keep: Keep, dropped: int = 0) -> None:
        self.dropped = dropped
        self.keep = keep
        self._database = database
        self._folder = database.path.with_name(f"{database.path.name}.writers")
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._hurry = threading.Event()
        self._held = Held(database)
        self._settled = 0
        self._handed = 0
        self._trimmed_at: float | None = None
        self._untrimmed = 0
        self._too_much = False
        self._complaint = ""
        self._presence = Presence.begin(self._folder)
        self._thread = threading.Thread(target=self._work, name="aurarouter-store", daemon=True)
        self._thread.start()

    def add(self, item: Item) -> None:
        """Keep an item, soon. Never waits: when the queue is full the item is dropped and counted."""
        with self._lock:
            self._handed += 1
            if self._presence is not None:
                self._presence.handed[0] = self._handed
            if self._queue.qsize() < QUEUE:
                self._queue.put(item)
            else:
                self.dropped += 1

    def close(self) -> None:
        """Write what is queued and end the thread. Nobody may add any more."""
        self._queue.put(None)
        self._hurry.set()
        self._thread.join()

    def _work(self) -> None:
        while self._write():
            pass
        self._held.close()
        if self._presence is not None:
            settled = self._settled == self._handed
            self._presence.end(settled=settled)
            if not settled:
                self.dropped = 0  # whoever opens the file next finds them missing

    def _write(self) -> bool:
        """Write a batch, and keep nothing of it while the next one gathers; False when the end has come."""
        items, going_on = self._batch()
        records = [made for item in items if (made := self._record(item)) is not None]
        self._settle(records, last=not going_on)
        return going_on

    def _batch(self) -> tuple[list[Item], bool]:
        """What has gathered, at least one item; False when the end has come."""
        while self._too_much and self._queue.empty():
            self._hurry.wait(GATHER)  # other processes' turn to write
            self._trim(0)
        taken = [self._queue.get()]
        if taken[0] is not None and self._queue.qsize() < BATCH:
            self._hurry.wait(GATHER)
        while len(taken) < BATCH and taken[-1] is not None:
            try:
                taken.append(self._queue.get_nowait())
            except Empty:
                break
        return [item for item in taken if item is not None], taken[-1] is not None

    def _record(self, item: Item) -> Record | None:
        """What to execute for an item; None, counted, when something in it can't be written down at all."""
        try:
            return record(item)
        except Exception as error:  # noqa: BLE001 - a value from a stranger; the others must still be written
            log.warning("a record can't be kept: %s", type(error).__name__)
            with self._lock:
                self.dropped += 1
            return None

    def _settle(self, records: Sequence[Record], *, last: bool) -> None:
        """Write records, and how many were lost so far."""
        with self._lock:
            lost = self.dropped
        try:
            connection, is_new = self._held.current()
            if is_new:
                self._count_ends(connection)
            self._insert(connection, records, lost, last=last)
        except Exception as error:  # noqa: BLE001 - whatever it is, later records must still be written
            self._failed(error, f"{len(records)} lost")
            change = len(records)
        else:
            self._complaint = ""
            change = -lost
        with self._lock:
            self.dropped += change
        if change == -lost:
            self._trim(len(records))

    def _insert(self, connection: sqlite3.Connection, records: Sequence[Record], lost: int, *, last: bool) -> None:
        settled = self._settled + len(records) + lost
        with transaction(connection):
            sums = Sums()
            for each in written(connection, records):
                sums.add(each.usage)
            sums.write(connection)
            if lost:
                connection.execute(LOST, (lost,))
            if self._presence is not None and last:
                connection.execute("DELETE FROM runs WHERE id = ?", (self._presence.id,))
            elif self._presence is not None:
                run = (self._presence.id, settled, time.time())
                connection.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", run)
        self._settled = settled

    def _count_ends(self, connection: sqlite3.Connection) -> None:
        """Count what those lost who ended without closing."""
        try:
            with left_behind(self._folder) as left:
                if left:
                    with transaction(connection):
                        for each in left:
                            self._count_end(connection, each)
        except OSError as error:
            log.debug("who wrote to %s before can't be found out: %s", self._database.path, error)

    def _count_end(self, connection: sqlite3.Connection, left: Left) -> None:
        row = connection.execute("SELECT settled FROM runs WHERE id = ?", (left.id,)).fetchone()
        lost = max(0, left.handed - (row[0] if row else 0))
        values = (left.id, left.pid, left.started, time.time(), lost)
        new = connection.execute("INSERT OR IGNORE INTO ends VALUES (?, ?, ?, ?, ?)", values).rowcount
        connection.execute("DELETE FROM runs WHERE id = ?", (left.id,))
        if new and lost:
            connection.execute(LOST, (lost,))
            log.warning("process %d ended without closing its traces: %d lost", left.pid, lost)

    def _trim(self, written: int) -> None:
        """Every now and then, let go of what is too old or too much, a piece at a time."""
        import sqlite3

        self._untrimmed += written
        now = time.monotonic()
        if self._held.connection is None or not (
            self._too_much
            or self._untrimmed >= TRIM_RECORDS
            or self._trimmed_at is None
            or now - self._trimmed_at >= TRIM_SECONDS
        ):
            return
        self._untrimmed, self._trimmed_at = 0, now
        try:
            pieces = trim(self._held.connection, self.keep, time.time())
            self._too_much = any(time.monotonic() - now > TRIM_PIECE for _ in pieces)
        except sqlite3.Error as error:
            self._failed(error, "none lost; it may be larger than it should be")

    def _failed(self, error: Exception, loss: str) -> None:
        """Say once what goes wrong in each batch, and begin anew with the next."""
        words = str(error)
        level = logging.DEBUG if words == self._complaint else logging.WARNING
        log.log(level, "traces can't be kept in %s (%s): %s", self._database.path, loss, words)
        self._complaint = words
        self._too_much = False  # or so it is taken to be until the next look
        self._held.close()
