"""A program that is killed at a random moment leaves whole rows, and what it lost is counted."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import define, field

from aurarouter_core.chat import Conversations
from aurarouter_core.home import Home
from aurarouter_core.store import Keep, Store
from aurarouter_core.store.presence import FORM
from aurarouter_core.store.usage import FIGURES, KEYS, counted
from aurarouter_hooks import Trace

STATES = 2
"""Records of a program that may be no traces, but states of its one model."""
EVERYTHING = Keep(traces=1_000_000, days=30, megabytes=10_000)
VICTIM = Path(__file__).parents[1] / "peers" / "store_victim.py"


@define
class Tally:
    """What became of the programs that were killed."""

    killed: int = 0
    writers: int = 0
    handed: int = 0
    lost: int = 0
    most: int = 0
    seconds: list[float] = field(factory=list)


@pytest.fixture
def tally(home: Path) -> Tally:
    return Tally()


def kill_one(home: Path, after: float) -> list[int]:
    """Let a program work for so long, kill it, and say how many records it had handed over, if it had begun to."""
    environ = {**os.environ, "AURAROUTER_PLUGINS": "echo"}
    process = subprocess.Popen([sys.executable, VICTIM, home], env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    process.stdout.close()
    files = list((home / "aurarouter.db.writers").glob(f"{process.pid}-*"))
    assert len(files) <= 1
    return [FORM.unpack(file.read_bytes())[0] for file in files]


def written(path: Path) -> int:
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM traces").fetchone()
    return int(count)


def check_store(store: Store) -> None:
    """Sound, whole, and the usage is that of the traces."""
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        bodies = [body for (body,) in connection.execute("SELECT body FROM traces")]
        names = ", ".join((*KEYS, *FIGURES))
        usage = {row[: len(KEYS)]: list(row[len(KEYS) :]) for row in connection.execute(f"SELECT {names} FROM usage")}
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    sums: dict[tuple[str, ...], list[Any]] = {}
    for body in bodies:
        for key, figures in counted(json.loads(body, object_hook=lambda item: SimpleNamespace(**item))):
            total = sums.setdefault(key, [0] * len(figures))
            sums[key] = [(one or 0) + (other or 0) for one, other in zip(total, figures, strict=True)]
    assert {key: pytest.approx([one or 0 for one in row]) for key, row in usage.items()} == sums


def check_conversations(kept: Conversations) -> None:
    """Questions and answers in turn; only the last question may be without one."""
    for one in kept.latest(10**6):
        entries = kept.entries(one.id)
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        assert all(first.role != second.role for first, second in pairwise(entries))
        assert all(entry.complete for entry in entries[:-1])
        assert entries[-1].complete is (entries[-1].role == "assistant")
        assert all(second.text == first.text for first, second in pairwise(entries) if second.role == "assistant")


def kill_many(home: Path, times: int, tally: Tally) -> None:
    store, seed = Store(home / "aurarouter.db"), random.Random(times)
    store.bound(EVERYTHING)
    for number in range(times):
        before = written(store.path)
        writers = kill_one(home, seed.uniform(0.0, 0.6))
        handed = sum(writers)
        kept = written(store.path) - before
        reported = store.losses()[0]
        began = time.perf_counter()
        store.add(Trace(id=f"{number:032x}", task_id="next", started_at=time.time()))
        store.close()
        tally.seconds.append(time.perf_counter() - began)
        tally.killed += 1
        tally.writers += len(writers)
        tally.handed += handed
        lost = store.losses()[0] - reported
        tally.lost += lost
        tally.most = max(tally.most, lost)
        assert 0 <= handed - kept - lost <= STATES
        check_conversations(Conversations(Home(home).conversations))
    check_store(store)
    with closing(sqlite3.connect(store.path)) as connection:
        ends, lost = connection.execute("SELECT count(*), sum(lost) FROM ends").fetchone()
    assert ends == tally.writers
    assert lost == tally.lost


def test_a_killed_program_leaves_whole_rows_and_its_loss_is_counted(home: Path, tally: Tally) -> None:
    kill_many(home, 15, tally)
    assert tally.handed > 0


@pytest.mark.soak
def test_two_hundred_killed_programs(home: Path, tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    kill_many(home, 200, tally)
    kept = written(home / "aurarouter.db") - tally.killed  # each next opening wrote one of its own
    size = (home / "aurarouter.db").stat().st_size
    lines = [
        f"killed                        {tally.killed}",
        f"records handed to the store   {tally.handed}",
        f"of these, traces in the file  {kept}",
        f"lost, and counted as lost     {tally.lost}",
        f"most that one program lost    {tally.most}",
        f"longest next opening          {max(tally.seconds):.3f} s",
        f"bytes of the file             {size}",
    ]
    with capsys.disabled():
        print("\n" + "\n".join([date.today().isoformat(), *lines]))
