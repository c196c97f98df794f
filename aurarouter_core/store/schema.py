"""The tables of the store's file, and how each version came from the one before."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING

from aurarouter_core.store.usage import KEYS, Sums, counted

if TYPE_CHECKING:
    import sqlite3

log = logging.getLogger(__name__)


def _count_old_traces(connection: sqlite3.Connection) -> None:
    """Traces that were kept before usage was are counted once; what can't be read is no trace of ours."""
    sums = Sums()
    for (body,) in connection.execute("SELECT body FROM traces"):
        try:
            sums.add(tuple(counted(json.loads(body, object_hook=lambda item: SimpleNamespace(**item)))))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            log.warning("a trace that is kept can't be counted: %s", error)
    sums.write(connection)


def _add_spared(connection: sqlite3.Connection) -> None:
    """Files of the second version on have counted usage without them."""
    there = {row[1] for row in connection.execute("PRAGMA table_info(usage)")}
    for name, kind in (("unasked", "INTEGER"), ("spared", "REAL")):
        if name not in there:
            connection.execute(f"ALTER TABLE usage ADD COLUMN {name} {kind} NOT NULL DEFAULT 0")


FIRST = (
    """CREATE TABLE IF NOT EXISTS traces (
        id TEXT NOT NULL, task_id TEXT NOT NULL, started_at REAL NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (id, task_id))""",
    "CREATE INDEX IF NOT EXISTS traces_by_time ON traces (started_at)",
    """CREATE TABLE IF NOT EXISTS faults (
        plugin TEXT NOT NULL, hook TEXT NOT NULL, error TEXT NOT NULL, count INTEGER NOT NULL, last_at REAL NOT NULL,
        PRIMARY KEY (plugin, hook)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
)
SECOND = (
    """CREATE TABLE states (
        model TEXT NOT NULL, fingerprint TEXT NOT NULL, state TEXT NOT NULL, until REAL, failures INTEGER NOT NULL,
        detail TEXT NOT NULL, hint TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (model, fingerprint)) WITHOUT ROWID""",
    f"""CREATE TABLE usage (
        day TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, role TEXT NOT NULL, app TEXT NOT NULL,
        surface TEXT NOT NULL, tasks INTEGER NOT NULL, failed INTEGER NOT NULL, attempts INTEGER NOT NULL,
        failures INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
        cached_input_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL, estimated INTEGER NOT NULL,
        unpriced INTEGER NOT NULL, cost REAL, seconds REAL NOT NULL, unasked INTEGER NOT NULL DEFAULT 0,
        spared REAL NOT NULL DEFAULT 0,
        PRIMARY KEY ({", ".join(KEYS)})) WITHOUT ROWID""",
    # Records that each running process has brought to an end: written, or counted as dropped.
    "CREATE TABLE runs (id TEXT PRIMARY KEY, settled INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID",
    # Processes that ended without closing the store.
    """CREATE TABLE ends (
        id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started REAL NOT NULL, at REAL NOT NULL, lost INTEGER NOT NULL)
        WITHOUT ROWID""",
    _count_old_traces,
)
THIRD = ("ALTER TABLE states ADD COLUMN firm INTEGER NOT NULL DEFAULT 0",)
AUDIT = (
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at REAL NOT NULL, task TEXT NOT NULL, trace TEXT NOT NULL, node TEXT NOT NULL,
        number INTEGER NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL, place TEXT NOT NULL, host TEXT NOT NULL,
        here INTEGER NOT NULL, action TEXT NOT NULL, why TEXT NOT NULL, private INTEGER NOT NULL,
        surface TEXT NOT NULL, app TEXT NOT NULL, configuration TEXT NOT NULL)""",
    "CREATE INDEX audit_by_time ON audit (at)",
    """CREATE TABLE audit_findings (
        row INTEGER NOT NULL, rule TEXT NOT NULL, fingerprint TEXT NOT NULL, fate TEXT NOT NULL,
        PRIMARY KEY (row, rule, fingerprint)) WITHOUT ROWID""",
    "CREATE TABLE audit_configurations (hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    # On which day models were asked under which configuration.
    "CREATE TABLE audit_uses (day TEXT, configuration TEXT, PRIMARY KEY (day, configuration)) WITHOUT ROWID",
    # When the audit began, and up to when rows may be gone.
    "CREATE TABLE audit_times (what TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
    "INSERT INTO audit_times VALUES ('began', (julianday('now') - 2440587.5) * 86400.0)",
    "CREATE TABLE private_conversations (id BLOB PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
)
SPARED = (_add_spared,)
STEPS = (FIRST, SECOND, THIRD, AUDIT, SPARED)
