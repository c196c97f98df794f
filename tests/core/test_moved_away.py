"""A file that is moved away while it is in use: a new one is made, and what comes from then on is in it."""

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
