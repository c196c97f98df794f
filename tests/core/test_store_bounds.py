"""The store's file stays within its bounds of size and age, and gives its room back."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from aurarouter_core.store import Keep, StateRow, Store, bounds, writer
from aurarouter_core.store.bounds import trim
from stored_traces import NOW, one, trace


def test_the_newer_state_of_a_model_stays_and_old_ones_go(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(StateRow(model="a", fingerprint="f", state="open", until=NOW + 60, failures=3, detail="x", at=NOW))
    store.add(StateRow(model="a", fingerprint="f", state="cooling", at=NOW - 5))
    store.add(StateRow(model="a", fingerprint="g", state="healthy", at=NOW - 1))
    store.add(StateRow(model="old", fingerprint="f", state="open", at=NOW - 90_000))
    store.close()
    assert [(row.model, row.fingerprint, row.state, row.failures) for row in store.states()] == [
        ("a", "f", "open", 3),
        ("a", "g", "healthy", 0),
    ]
    store.add(StateRow(model="a", fingerprint="f", state="healthy", at=NOW + 1))
    store.close()
    assert store.states()[0] == StateRow(model="a", fingerprint="f", state="healthy", at=NOW + 1)


def test_traces_that_are_too_old_go_and_what_they_used_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", Keep(traces=100, days=2, megabytes=10))
    for number in range(10):
        store.add(trace(number, ago=number * 43_200))
    store.close()
    assert len(store.latest(100)) == 4
    assert one(store.path, "SELECT sum(tasks), sum(input_tokens) FROM usage") == (10, 30)


def test_the_file_stays_small_and_gives_its_room_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", Keep(traces=10**6, days=30, megabytes=1))
    for number in range(300):
        store.add(trace(number, ago=300 - number, notes="x" * 20_000))
    store.close()
    kept = [row["task_id"] for row in store.latest(1000)]
    assert 10 < len(kept) < 60
    assert kept == [f"task{number}" for number in range(299, 299 - len(kept), -1)]
    assert store.path.stat().st_size <= 1.1 * 2**20
    assert one(store.path, "SELECT sum(tasks) FROM usage") == (300,)


def test_room_is_given_back_many_pages_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", Keep(traces=300, days=30, megabytes=100))
    for number in range(300):
        store.add(trace(number, ago=300 - number, notes="x" * 20_000))
    store.close()
    steps: list[str] = []
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.set_trace_callback(steps.append)
        list(trim(connection, Keep(traces=10, days=30, megabytes=100), time.time()))
    assert one(store.path, "PRAGMA freelist_count") == (0,)
    assert sum("incremental_vacuum" in step for step in steps) < 10


def test_nobody_waits_until_all_that_is_too_much_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "a.db", Keep(traces=2000, days=30, megabytes=100))
    for number in range(2000):
        store.add(trace(number, ago=2000 - number))
    store.close()
    monkeypatch.setattr(bounds, "PORTION", 10)
    monkeypatch.setattr(writer, "TRIM_PIECE", 0.0)
    store.bound(Keep(traces=10, days=30, megabytes=100))
    store.add(trace(2000))
    store.close()  # with what one piece leaves
    left = one(store.path, "SELECT count(*) FROM traces")[0]
    assert 1900 < left <= 2000
    monkeypatch.setattr(writer, "GATHER", 0.001)
    store.add(trace(2001))  # while it is open, the rest goes by itself
    end = time.monotonic() + 30
    while one(store.path, "SELECT count(*) FROM traces") != (10,) and time.monotonic() < end:
        time.sleep(0.01)
    store.close()
    assert one(store.path, "SELECT count(*) FROM traces") == (10,)


def test_a_trace_that_is_too_long_is_kept_without_its_details(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    store.add(trace(1, notes="ä" * 2**20))
    store.close()
    (kept,) = store.latest()
    assert kept["notes"] == {"shortened": "longer than 1 MiB, so it was kept without its details"}
    assert one(store.path, "SELECT sum(input_tokens) FROM usage") == (3,)
