"""A file that is moved away while it is in use: a new one is made, and what comes from then on is in it."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core.store import Audit, AuditRow, Configuration, Store, writer
from aurarouter_hooks import Trace


def trace(number: int) -> Trace:
    return Trace(id=f"{number:032x}", task_id=f"task{number}", started_at=float(number))


def waits_for(seen: Callable[[], Any]) -> None:
    end = time.monotonic() + 20
    while not seen() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize("removed", [True, False])
def test_traces_go_into_the_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool) -> None:
    monkeypatch.setattr(writer, "GATHER", 0.001)
    monkeypatch.setattr("aurarouter_core.store.bounds.A_DAY", 1e9)  # the traces are old
    store = Store(tmp_path / "a.db")
    store.add(trace(1))
    waits_for(store.latest)
    if removed:
        for file in tmp_path.glob("a.db*"):
            if file.is_file():
                file.unlink()
    else:
        store.path.rename(tmp_path / "old.db")
    store.add(trace(2))
    store.close()
    assert [row["task_id"] for row in store.latest()] == ["task2"]


@pytest.mark.parametrize("replaced", [True, False])
def test_what_was_pending_goes_into_the_file_that_it_belongs_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    monkeypatch.setattr(writer, "GATHER", 0.001)
    monkeypatch.setattr("aurarouter_core.store.bounds.A_DAY", 1e9)  # the traces are old
    other = Store(tmp_path / "other.db")
    other.add(trace(7))
    other.close()
    store, audit, old = Store(tmp_path / "a.db"), Audit(tmp_path / "a.db"), tmp_path / "old.db"
    using = Configuration(body="{}")
    audit.commit(None, using)
    store.add(trace(1))
    waits_for(store.latest)
    if replaced:
        os.link(store.path, old)
        other.path.replace(store.path)
    else:
        store.path.rename(old)
    audit.commit(None, using)  # two connections: the second that notices leaves the first one's new file alone
    store.add(trace(2))
    store.close()
    audit.close()
    found = [[row["task_id"] for row in Store(path).latest()] for path in (old, store.path)]
    assert found == [["task1"], ["task7", "task2"] if replaced else ["task2"]]
    assert [len(Audit(path).configurations()) for path in (old, store.path)] == [1, 1]


def test_so_do_the_audits_rows(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "a.db")
    using = Configuration(body="{}")
    row = AuditRow(
        at=time.time(), task="first", trace="", action="sent", why="", private=True, configuration=using.hash
    )
    audit.commit(row, using)
    audit.path.rename(tmp_path / "old.db")
    for file in tmp_path.glob("a.db-*"):
        file.unlink()
    audit.commit(row, using)
    audit.close()
    assert [each.task for each in audit.rows()] == ["first"]
