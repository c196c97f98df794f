"""A program that is killed at a random moment has sent nothing private that does not stand in the audit."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

import faults
from aurarouter_core.home import Home
from aurarouter_core.store import Audit
from listener import Listener

VICTIM = Path(__file__).parents[1] / "peers" / "audit_victim.py"
NAME = re.compile(rb"q\d+n\d+q\d+n")
Counted = Counter[str]
"""How often each task was sent."""


@contextmanager
def victims(home: Path, url: str, *how: str) -> Iterator[Callable[[int, float], None]]:
    """What lets a program ask for so many seconds, then kills it."""
    environ = {**os.environ, "AURAROUTER_PLUGINS": "openapi"}
    command = [sys.executable, str(VICTIM), str(home), url, *how]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True, bufsize=1) as parent:
        asks, says = parent.stdin, parent.stdout
        assert asks is not None
        assert says is not None

        def kill_one(number: int, after: float) -> None:
            asks.write(f"{number}\n")
            child = int(says.readline())
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
            assert says.readline() == f"{-signal.SIGKILL}\n"

        yield kill_one
        asks.close()
        assert parent.wait(30) == 0


def written(home: Path) -> Counted:
    """Rows that say that something was sent; each attempt of a task has one."""
    rows = [row for row in Audit(Home(home).store).rows() if row.action == "sent"]
    attempts = {(row.trace, row.node, row.number) for row in rows}
    assert len(attempts) == len(rows)
    assert all(row.private for row in rows)
    return Counter(row.task for row in rows)


def kill_many(home: Path, times: int, *how: str) -> tuple[Counted, Counted]:
    """What the server heard, and what stands in the audit."""
    dice = random.Random(times)
    with Listener() as server, victims(home, server.url, *how) as kill_one:
        for number in range(times):
            server.will(*dice.choices([faults.status(429, {"retry-after-ms": "1"}), faults.reset, server.plays], k=3))
            kill_one(number, dice.uniform(0.0, 0.1))
        time.sleep(0.2)  # what the last one sent is read
        heard = Counter(name.decode() for name in NAME.findall(bytes(server.heard)))
    with closing(sqlite3.connect(Home(home).store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return heard, written(home)


def test_nothing_was_sent_without_a_row(home: Path) -> None:
    heard, rows = kill_many(home, 8)
    assert heard.total() > 32
    assert not heard - rows


def test_the_test_sees_a_row_that_is_written_too_late(home: Path) -> None:
    heard, rows = kill_many(home, 8, "late")
    assert heard - rows


@pytest.mark.soak
def test_two_hundred_killed_programs_sent_nothing_without_a_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heard, rows = kill_many(home, 200)
    lines = [
        "killed                        200",
        f"requests the server heard     {heard.total()}",
        f"rows in the audit             {rows.total()}",
        f"rows of what was never sent   {(rows - heard).total()}",
        f"tasks asked more than once    {sum(times > 1 for times in heard.values())}",
        f"requests without a row        {(heard - rows).total()}",
    ]
    with capsys.disabled():
        print("\n" + "\n".join([date.today().isoformat(), *lines]))
    assert not heard - rows
