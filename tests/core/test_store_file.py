"""The store's file: moved forward from older forms, and honest about what was lost."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aurarouter_core import database
from aurarouter_core.plain import dumps
from aurarouter_core.store import Store
from aurarouter_core.store.records import TRACE, Record
from aurarouter_core.store.schema import STEPS
from aurarouter_core.store.writing import written
from aurarouter_hooks import AuraRouterError
from stored_traces import one, opened, trace

FIRST_FORM = """
CREATE TABLE traces (
    id TEXT NOT NULL, task_id TEXT NOT NULL, started_at REAL NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (id, task_id));
CREATE INDEX traces_by_time ON traces (started_at);
CREATE TABLE faults (
    plugin TEXT NOT NULL, hook TEXT NOT NULL, error TEXT NOT NULL, count INTEGER NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (plugin, hook)) WITHOUT ROWID;
CREATE TABLE dropped (what TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""


def test_a_file_without_a_version_is_moved_forward_by_who_reads_and_its_traces_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with opened(path) as connection:
        connection.executescript(FIRST_FORM)
        for number in range(5):
            old = trace(number)
            connection.execute(
                "INSERT INTO traces VALUES (?, ?, ?, 1, ?)", (old.id, old.task_id, old.started_at, dumps(old))
            )
        connection.execute("INSERT INTO faults VALUES ('bad', 'task_finished', 'ValueError: x', 3, 1.0)")
    store = Store(path)
    assert len(store.latest()) == 5
    assert store.faults()[0][3] == 3
    assert one(path, "PRAGMA user_version") == (len(STEPS),)
    assert one(path, "PRAGMA auto_vacuum") == (2,)
    assert one(path, "SELECT tasks, attempts, input_tokens FROM usage") == (5, 5, 15)
    store.add(trace(5))
    store.close()
    assert one(path, "SELECT tasks, attempts, input_tokens FROM usage") == (6, 6, 18)


def test_a_newer_file_is_one_clear_error_and_stays_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.db"
    with opened(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    store = Store(path)
    with pytest.raises(AuraRouterError, match="version 99") as caught:
        store.latest()
    assert "Update AuraRouter" in caught.value.hint
    store.add(trace(1))
    store.close()
    assert "version 99" in caplog.text
    assert one(path, "SELECT count(*) FROM sqlite_master") == (0,)
    assert path.read_bytes()[100:] == before[100:]


def test_a_move_that_fails_half_way_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    with opened(path) as connection:
        connection.executescript(FIRST_FORM)
        connection.execute("CREATE TABLE runs (mine INTEGER)")  # what the move makes is there already
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with pytest.raises(AuraRouterError, match="table runs already exists"):
        Store(path).latest()
    store = Store(path)
    store.add(trace(1))
    store.close()
    assert "table runs already exists" in caplog.text
    assert one(path, "PRAGMA user_version") == (0,)
    assert one(path, "SELECT count(*) FROM sqlite_master WHERE name = 'usage'") == (0,)


def test_an_old_trace_that_cannot_be_read_is_told_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    with opened(path) as connection:
        connection.executescript(FIRST_FORM)
        connection.execute("INSERT INTO traces VALUES ('1', '1', 1.0, 1, 'this is no JSON')")
        connection.execute("INSERT INTO traces VALUES ('2', '2', 1.0, 1, '{}')")
    store = Store(path)
    store.add(trace(1))
    store.close()
    assert caplog.text.count("can't be counted") == 2
    assert one(path, "SELECT sum(tasks) FROM usage") == (1,)


def test_the_same_trace_counts_once_even_in_two_batches(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    for _ in range(3):
        store.add(trace(1))
        store.add(trace(1))
        store.close()
    assert len(store.latest()) == 1
    assert one(store.path, "SELECT tasks, attempts FROM usage") == (1, 1)


def test_a_trace_that_is_there_already_keeps_none_of_its_batch_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(trace(130))
    store.close()
    for number in range(250):  # three statements, the second of which meets the one that is there
        store.add(trace(number))
    store.close()
    assert len(store.latest(1000)) == 250
    assert one(store.path, "SELECT tasks, attempts FROM usage") == (250, 250)


def test_batches_of_any_size_are_written_by_the_same_few_statements(tmp_path: Path) -> None:
    """SQLite keeps each, and one for a hundred traces takes a hundred kilobytes."""
    base, said = database.Database(tmp_path / "a.db", STEPS), set[str]()
    with closing(base.write()) as connection:
        connection.set_trace_callback(lambda sql: said.add(sql.partition("(")[0] + str(sql.count("NULL, NULL"))))
        for size in range(1, 141):
            rows = [Record(TRACE, (f"{size}-{number}", "NULL, NULL", 0.0, 1, "{}")) for number in range(size)]
            assert len(list(written(connection, rows))) == size
    assert len(said) == 3
    assert one(tmp_path / "a.db", "SELECT count(*) FROM traces") == (sum(range(141)),)


def test_reading_makes_no_file_and_writes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "sub" / "a.db")
    assert (store.latest(), store.states(), store.faults(), store.find("x")) == ([], [], [], [])
    assert not (tmp_path / "sub").exists()


def test_what_a_killed_program_left_half_done_is_undone_by_who_reads(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(trace(1))
    store.close()
    after = tmp_path / "after.db"
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")  # so that it writes before it is done
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO faults VALUES (?, '', ?, 1, 1.0)", [(str(n), "x" * 500) for n in range(500)]
        )
        shutil.copy(store.path, after)
        shutil.copy(f"{store.path}-journal", f"{after}-journal")
        connection.execute("ROLLBACK")
    with (
        closing(sqlite3.connect(f"{after.as_uri()}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("SELECT * FROM faults")
    assert (len(Store(after).latest()), Store(after).faults()) == (1, [])


KILLED = """
import os, sys, time
from pathlib import Path
from aurarouter_core.store import Store, writer
from aurarouter_hooks import Trace
writer.GATHER = 60.0
store = Store(Path(sys.argv[1]))
for number in range(7):
    store.add(Trace(id=str(number), task_id="", started_at=time.time()))
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_had_in_memory_is_counted_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    process = subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) == process.pid
    store = Store(path)
    store.add(trace(1))
    store.close()
    assert one(path, "SELECT count(*) FROM ends") == (0,)  # it lives
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for _ in range(2):
        store.add(trace(2))
        store.close()
    assert one(path, "SELECT pid, lost FROM ends") == (process.pid, 7)
    assert one(path, "SELECT sum(count) FROM dropped") == (7,)
    assert list(path.with_name("a.db.writers").iterdir()) == []


def test_what_could_not_be_written_at_the_end_is_counted_by_the_next_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(trace(1))
    store.close()
    content = store.path.read_bytes()
    store.path.write_bytes(b"no database" * 1000)
    store.add(trace(2))
    store.close()
    store.path.write_bytes(content)
    other = Store(store.path)
    other.add(trace(3))
    other.close()
    assert json.loads(dumps([row["task_id"] for row in other.latest()])) == ["task3", "task1"]
    assert one(store.path, "SELECT sum(count) FROM dropped") == (1,)
