"""Several processes and one budget: together they never pass it, and one that is killed loses and doubles nothing."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from attrs import define

from aurarouter_core.budget_settings import Limit
from aurarouter_core.cashbook import NANO, Cashbook
from aurarouter_core.cost import at_most, cost
from aurarouter_hooks import Price, Prompt
from money_actor import MOST, PRICE, USAGE

ACTOR = Path(__file__).parents[1] / "peers" / "money_actor.py"
PRICED = Price(input=PRICE["input"], output=PRICE["output"])
COST = round(cost(USAGE, PRICED) * NANO)
HELD = round(at_most(Prompt.of("hi"), PRICED, MOST) * NANO)
PLENTY = 1000.0


@define
class Tally:
    """What became of the programs that were killed."""

    killed: int = 0
    answered: int = 0
    in_between: int = 0


def start(home: Path, limit: float) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, ACTOR, home, str(limit)], stdout=subprocess.PIPE, text=True)


def spent(home: Path) -> tuple[int, int, int]:
    """(spent, of these assumed, reserved) in billionths, by whoever opens the file now: what was left is recovered."""
    book = Cashbook(home / "money.db")
    (standing,) = book.standings([Limit(PLENTY, "month")])
    book.close()
    return standing.spent, standing.assumed, standing.reserved


def kill_one(home: Path, after: float) -> int:
    """Let a program spend for so long and kill it; how many tasks it had answered."""
    process = start(home, PLENTY)
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    told = process.stdout.read()
    assert process.wait(30) == -signal.SIGKILL
    process.stdout.close()
    return told.count("done\n")


def kill_many(home: Path, times: int, tally: Tally) -> None:
    seed = random.Random(times)
    before = (0, 0, 0)
    for _ in range(times):
        answered = kill_one(home, seed.uniform(0.0, 0.25))
        after = spent(home)
        assert after[2] == 0
        total, assumed = after[0] - before[0], after[1] - before[1]
        before = after
        # Each answer is settled before the next amount is set aside, so one at most was in between: answered and not
        # yet settled, settled and not yet told, or on its way. It counts in full.
        assert (total, assumed) in {
            (answered * COST, 0),
            ((answered + 1) * COST, 0),
            ((answered - 1) * COST + HELD, HELD),
            (answered * COST + HELD, HELD),
        }
        tally.killed += 1
        tally.answered += answered
        tally.in_between += assumed > 0
    with closing(sqlite3.connect(home / "money.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list((home / "money.db.writers").iterdir()) == []


def race(home: Path, processes: int, limit: float) -> int:
    """Let programs spend until each is refused; how many tasks were answered in all."""
    running = [start(home, limit) for _ in range(processes)]
    told = [process.communicate(timeout=600)[0].split("\n") for process in running]
    assert [process.returncode for process in running] == [0] * processes
    assert all("refused" in lines for lines in told)
    answered = sum(lines.count("done") for lines in told)
    most = round(limit * NANO)
    assert spent(home) == (answered * COST, 0, 0)
    assert most - HELD < answered * COST <= most
    return answered


def test_what_a_killed_program_had_set_aside_counts_in_full_and_once(home: Path) -> None:
    tally = Tally()
    kill_many(home, 6, tally)
    assert tally.answered > 0


def test_eight_processes_never_pass_one_budget(home: Path) -> None:
    assert race(home, 8, 120 * COST / NANO) > 100


@pytest.mark.soak
def test_two_hundred_killed_programs_and_a_long_race(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    kill_many(home, 200, tally)
    second = home / "race"
    answered = race(second, 8, 20_000 * COST / NANO)
    lines = [
        f"killed                                  {tally.killed}",
        f"tasks that they had answered            {tally.answered}",
        f"killed with an amount set aside         {tally.in_between}",
        f"billionths of a dollar spent, assumed   {spent(home)[:2]}",
        f"tasks of 8 processes in one budget      {answered} of 20000 that it holds, {spent(second)[0]} billionths",
    ]
    with capsys.disabled():
        print("\n" + "\n".join([date.today().isoformat(), *lines]))
