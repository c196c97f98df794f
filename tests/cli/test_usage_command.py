"""`aurarouter usage` and `health`: figures by whatever is asked for, unknown cost never shown as nothing."""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from aurarouter_core.store import Store
from aurarouter_hooks import Attempt, ErrorInfo, Node, Trace, Usage

Run = Callable[..., CompletedProcess[str]]
DAY = 86400.0
ECHO = "models: {a: {provider: echo}, b: {provider: openapi, endpoint: 'http://127.0.0.1:9'}}\nroles: {coding: [a]}\n"


def attempt(model: str, tokens: int, **more: Any) -> Attempt:
    usage = Usage(input_tokens=tokens, output_tokens=1, **more.pop("usage", {}))
    return Attempt(number=1, model=model, provider="p", started=0.0, seconds=0.5, usage=usage, **more)


@pytest.fixture
def used(home: Path) -> Store:
    store = Store(home / "aurarouter.db")
    now = time.time()
    wrong = ErrorInfo(type="X", message="x")
    tasks: list[tuple[float, str, list[Attempt]]] = [
        (0, "shop", [attempt("cloud", 100, cost=0.25), attempt("local", 50)]),
        (0, "shop", [attempt("cloud", 10, cost=None)]),
        (0, "", [attempt("local", 5, outcome="failed", error=wrong, usage={"estimated": True})]),
        (20, "shop", [attempt("cloud", 1000, cost=0.5)]),
        (0, "", []),
    ]
    for number, (ago, app, attempts) in enumerate(tasks):
        node = Node(id="answer", kind="answer", role="coding", attempts=tuple(attempts))
        complete = bool(attempts) and attempts[-1].outcome == "ok"
        store.add(
            Trace(
                id=f"{number:032x}",
                task_id=str(number),
                started_at=now - ago * DAY,
                app=app,
                surface="cli",
                nodes=(node,),
                complete=complete,
                error=None if complete else wrong,
            )
        )
    store.close()
    return store


def rows(done: CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.usefixtures("used")
def test_figures_are_summed_by_what_is_asked(aurarouter: Run) -> None:
    by_model = {row["model"]: row for row in rows(aurarouter("usage", "--json"))}
    cloud, local, nobody = by_model["cloud"], by_model["local"], by_model[""]
    assert (cloud["tasks"], cloud["attempts"], cloud["input_tokens"], cloud["cost"]) == (2, 3, 1110, 0.75)
    assert (cloud["unpriced"], local["unpriced"], local["cost"]) == (1, 2, None)
    assert (local["tasks"], local["attempts"], local["failures"], local["estimated"]) == (2, 2, 1, 1)
    assert (nobody["tasks"], nobody["failed"], nobody["attempts"], nobody["cost"]) == (1, 1, 0, None)
    by_app = {row["app"]: row["tasks"] for row in rows(aurarouter("usage", "--json", "--by", "app"))}
    assert by_app == {"shop": 3, "": 2}
    both = rows(aurarouter("usage", "--json", "--by", "role,model", "--by", "app"))
    assert list(both[0])[:3] == ["role", "model", "app"]
    assert len({(row["role"], row["model"], row["app"]) for row in both}) == len(both) == 4
    assert sum(row["attempts"] for row in both) == 5
    days = rows(aurarouter("usage", "--json", "--by", "day"))
    assert sorted(row["tasks"] for row in days) == [1, 4]
    (recent,) = rows(aurarouter("usage", "--json", "--by", "surface", "--since", "7d"))
    assert (recent["surface"], recent["tasks"]) == ("cli", 4)


@pytest.mark.usefixtures("used")
def test_the_table_marks_what_is_unknown_or_estimated(aurarouter: Run) -> None:
    lines = [line.split() for line in aurarouter("usage").stdout.splitlines()]
    assert lines[0] == ["model", "tasks", "attempts", "failures", "in", "out", "cached", "reasoning", "USD", "seconds"]
    assert lines[1] == ["cloud", "2", "3", "0", "1110", "3", "0", "0", ">0.750000", "1.5"]
    assert lines[2] == ["local", "2", "2", "1", "~55", "~2", "0", "0", "unknown", "1.0"]
    assert lines[3] == ["(no", "model)", "1", "0", "0", "0", "0", "0", "0", "–", "0.0"]
    text = aurarouter("usage").stdout
    assert "~ partly estimated" in text
    assert "> and more: the price of some attempts is unknown" in text


@pytest.mark.usefixtures("used")
def test_csv_leaves_an_unknown_cost_empty(aurarouter: Run) -> None:
    done = aurarouter("usage", "--csv", "--by", "model")
    found = {row["model"]: row for row in csv.DictReader(done.stdout.splitlines())}
    assert (found["cloud"]["cost"], found["local"]["cost"]) == ("0.75", "")


def test_nothing_used_and_nonsense_are_said(aurarouter: Run) -> None:
    assert aurarouter("usage").stdout == "nothing was used yet\n"
    assert aurarouter("usage", "--json").stdout == "[]\n"
    assert aurarouter("usage", "--since", "7d").stdout == "nothing was used since then\n"
    done = aurarouter("usage", "--by", "colour")
    assert done.returncode == 2
    assert "'colour' is none of model, role, app, day, surface" in done.stderr
    assert aurarouter("usage", "--csv", "--json").returncode == 2


def test_a_real_run_is_counted(aurarouter: Run) -> None:
    for _ in range(2):
        assert aurarouter("run", "Hello there", config=ECHO).returncode == 0
    (row,) = rows(aurarouter("usage", "--json", "--by", "model,surface,provider"))
    assert (row["model"], row["surface"], row["provider"], row["tasks"]) == ("a", "cli", "echo", 2)


def test_health_asks_each_model_and_says_what_to_do(aurarouter: Run) -> None:
    done = aurarouter("health", config=ECHO)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].split()[:3] == ["✓", "a", "healthy"]
    assert "✗ b  down" in done.stdout
    (only,) = rows(aurarouter("health", "--json", "--model", "a", config=ECHO))
    assert (only["model"], only["state"]) == ("a", "healthy")
    assert aurarouter("health", "-m", "a", config=ECHO).returncode == 0
    missing = aurarouter("health", "-m", "zz", config=ECHO)
    assert missing.returncode == 3
    assert "no model is called 'zz'" in missing.stderr
