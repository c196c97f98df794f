"""The store: never in the way, whole rows only, drops counted, oldest gone first."""

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import database
from aurarouter_core.guard import Fault
from aurarouter_core.store import Keep, StateRow, Store, writer
from aurarouter_hooks import AuraRouterError, Trace

NOW = time.time()


def trace(number: int) -> Trace:
    return Trace(id=f"{number:032x}", task_id=f"task{number}", started_at=NOW + number / 1000)


def test_what_is_added_can_be_read(tmp_path: Path) -> None:
    store = Store(tmp_path / "deep" / "er" / "a.db")
    for number in range(1000):
        store.add(trace(number))
    for _ in range(3):
        store.add(Fault("bad", "task_finished", "ValueError: x"))
    store.close()
    assert [row["task_id"] for row in store.latest(2)] == ["task999", "task998"]
    assert store.find("task42")[-1]["task_id"] == "task42"
    (row,) = store.faults()
    assert row[:4] == ("bad", "task_finished", "ValueError: x", 3)


def test_an_absent_file_is_empty_and_closing_twice_is_fine(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    assert store.latest() == []
    store.close()
    store.add(trace(1))
    store.close()
    store.close()
    assert len(store.latest()) == 1


def test_the_oldest_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", Keep(traces=10, days=1, megabytes=10))
    for number in range(50):
        store.add(trace(number))
    store.close()
    assert [row["task_id"] for row in store.latest(100)] == [f"task{number}" for number in range(49, 39, -1)]


def test_a_full_queue_drops_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "QUEUE", 5)
    gate = threading.Event()
    real = database.Database.write
    monkeypatch.setattr(database.Database, "write", lambda self, **said: (gate.wait(), real(self, **said))[1])
    store = Store(tmp_path / "a.db")
    for number in range(8):
        store.add(trace(number))
    gate.set()
    store.close()
    kept = len(store.latest(100))
    with sqlite3.connect(store.path) as connection:
        (dropped,) = connection.execute("SELECT sum(count) FROM dropped").fetchone()
    connection.close()
    assert dropped in (2, 3)  # the writer may have taken one before the queue was full
    assert kept == 8 - dropped


def test_a_place_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "a.db")
    for number in range(3):
        store.add(trace(number))
    store.close()
    assert store.dropped >= 1


def test_a_broken_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(AuraRouterError, match="can't be read"):
        Store(path).latest()


def test_several_writers_share_one_file(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "a.db") for _ in range(4)]
    for number in range(400):
        stores[number % 4].add(trace(number))
    for store in stores:
        store.close()
    assert len(stores[0].latest(1000)) == 400


def test_closing_while_others_add_always_ends(tmp_path: Path) -> None:
    for round_ in range(20):
        store = Store(tmp_path / f"{round_}.db")
        going = threading.Event()

        def add(store: Store = store, going: threading.Event = going) -> None:
            going.set()
            for number in range(300):
                store.add(trace(number))

        adder = threading.Thread(target=add)
        adder.start()
        going.wait()
        store.close()
        adder.join()
        store.close()
        assert len(store.latest(1000)) == 300


def test_odd_values_harm_no_others(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    circle: list[Any] = []
    circle.append(circle)
    store.add(Trace(id="\ud800", task_id="surrogate", started_at=NOW))
    store.add(Trace(id="1", task_id="mixed", started_at=NOW + 1, notes={"set": {1, "a"}, "circle": circle}))
    store.add(Trace(id="2", task_id="number", started_at=NOW + 2, cost=float("nan")))
    store.add(Fault("p", "h", "\udfff"))
    store.add(Trace(id="3", task_id="when?", started_at=float("nan")))
    store.add(StateRow(model="m", fingerprint="f", state="open", failures=2**70, at=NOW))
    store.add(trace(9000))
    store.close()
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT * FROM dropped").fetchall() == [("records", 2)]
    connection.close()
    assert [row["task_id"] for row in store.latest()] == ["task9000", "number", "mixed", "surrogate"]


def test_a_busy_file_costs_its_batch_and_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sqlite3.connect
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    store = Store(tmp_path / "a.db")
    store.add(trace(1))
    store.close()
    lock = real(store.path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    store.add(trace(2))
    store.close()
    lock.execute("ROLLBACK")
    lock.close()
    store.add(trace(3))
    store.close()
    assert [row["task_id"] for row in store.latest()] == ["task3", "task1"]
    with real(store.path) as connection:
        assert connection.execute("SELECT count FROM dropped").fetchall() == [(1,)]
    connection.close()
    assert store.dropped == 0
