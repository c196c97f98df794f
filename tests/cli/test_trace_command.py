"""`aurarouter trace`: graphs of several nodes, what was passed over, filters, and the caller's own trace."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from attrs import evolve

from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.plain import plain
from aurarouter_core.store import Store
from aurarouter_hooks import Attempt, ErrorInfo, Node, Trace

Run = Callable[..., CompletedProcess[str]]
ECHO = "models: {a: {provider: echo}, b: {provider: echo}}\nroles: {coding: [a, b]}\n"


def attempt(model: str, **more: Any) -> Attempt:
    return Attempt(number=1, model=model, provider="echo", started=0.0, seconds=0.5, **more)


def node(name: str, kind: Any, parents: tuple[str, ...], started: float, seconds: float, **more: Any) -> Node:
    return Node(id=name, kind=kind, parents=parents, started=started, seconds=seconds, **more)


PLAN = Trace(
    id="1" * 32,
    task_id="t",
    started_at=0.0,
    seconds=4.0,
    parent_span="b" * 16,
    nodes=(
        node("analyse", "analyse", (), 0.0, 0.0001),
        node("plan", "plan", ("analyse",), 0.0, 1.0, role="reasoning", attempts=(attempt("big"),)),
        node("step-1", "step", ("plan",), 1.0, 1.0, role="coding", attempts=(attempt("small"),)),
        node("step-2", "step", ("plan",), 1.2, 1.5, skipped={"cold": "cooling for 12 s"}, attempts=(attempt("small"),)),
        node("answer", "answer", ("step-1", "step-2"), 2.7, 1.3, attempts=(attempt("big"),)),
    ),
)


def test_a_graph_is_drawn_with_parallel_nodes_and_several_parents() -> None:
    assert list(trace_lines(plain(PLAN)))[1:-1] == [
        "inside span bbbbbbbbbbbbbbbb of whoever asked",
        "└─ analyse  100 µs",
        "   └─ plan [reasoning]  1.00 s",
        "      ✓ 1. big (echo)  500.0 ms",
        "      ├─ step-1 [coding]  1.00 s  (in parallel)",
        "      │  ✓ 1. small (echo)  500.0 ms",
        "      └─ step-2  1.50 s  (in parallel)",
        "         ✓ 1. small (echo)  500.0 ms",
        "         – cold: cooling for 12 s",
        "         └─ answer  1.30 s  (after step-1, step-2)",
        "            ✓ 1. big (echo)  500.0 ms",
    ]


def test_a_graph_that_is_no_graph_is_drawn_all_the_same() -> None:
    parents = {"a": ("b",), "b": ("a", "nobody"), "c": ("c",)}
    strange = tuple(node(name, "step", waited, 0, 1) for name, waited in parents.items())
    trace = Trace(id="1", task_id="t", started_at=0.0, nodes=strange)
    drawn = "\n".join(trace_lines(plain(trace)))
    assert all(f"step {name}  " in drawn for name in "abc")


@pytest.fixture
def kept(home: Path) -> Store:
    store = Store(home / "aurarouter.db")
    wrong = ErrorInfo(type="AllModelsFailedError", message="no")
    now = time.time()
    for name, ago, app, model, error in (
        ("aa", 10, "shop", "m1", None),
        ("bb", 7200, "shop", "m2", wrong),
        ("cc", 90_000, "", "m1", wrong),
        ("dd", 200_000, "", "m2", None),
    ):
        nodes = (Node(id="answer", kind="answer", attempts=(attempt(model),)),)
        trace = Trace(id=name * 16, task_id=name, started_at=now - ago, app=app, nodes=nodes)
        store.add(evolve(trace, error=error, complete=error is None))
    store.close()
    return store


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["aa", "bb", "cc", "dd"]),
        (["--limit", "2"], ["aa", "bb"]),
        (["--failed"], ["bb", "cc"]),
        (["--model", "m1"], ["aa", "cc"]),
        (["--app", "shop", "--failed"], ["bb"]),
        (["--since", "1d"], ["aa", "bb"]),
        (["--since", "30m"], ["aa"]),
        (["--since", "2020-01-01", "--model", "m2", "--failed"], ["bb"]),
        (["--model", "m3"], []),
    ],
)
def test_traces_are_listed_as_asked(aurarouter: Run, options: list[str], names: list[str]) -> None:
    done = aurarouter("trace", "--list", "--json", *options)
    assert [trace["task_id"] for trace in json.loads(done.stdout)] == names
    one = aurarouter("trace", "--json", *[word for word in options if word not in ("--limit", "2")])
    latest = json.loads(one.stdout)
    assert (latest and latest["task_id"]) == (names[0] if names else None)


@pytest.mark.usefixtures("kept")
def test_what_makes_no_sense_is_said(aurarouter: Run) -> None:
    for arguments, words in (
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--since", "2026-13-01"], "is no time"),
        (["aa", "--failed"], "an id names one trace"),
        (["--limit", "0"], "0 is not in the range"),
        (["zz"], "no trace's id begins with 'zz'"),
    ):
        done = aurarouter("trace", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    assert aurarouter("trace", "--model", "nobody").stdout == "no trace fits\n"


def test_the_callers_trace_goes_on(aurarouter: Run) -> None:
    parent = f"00-{'a' * 32}-{'b' * 16}-01"
    done = aurarouter("run", "Hello", "--json", config=ECHO, TRACEPARENT=parent, TRACESTATE="vendor=1")
    trace = json.loads(done.stdout)["trace"]
    assert (trace["id"], trace["parent_span"]) == ("a" * 32, "b" * 16)
    done = aurarouter("run", "Hello", "--trace", config=ECHO, TRACEPARENT=parent)
    assert f"trace {'a' * 32}  " in done.stderr
    assert f"inside span {'b' * 16} of whoever asked" in done.stderr
    done = aurarouter("run", "Hello", "--json", config=ECHO, TRACEPARENT="00-nonsense")
    trace = json.loads(done.stdout)["trace"]
    assert (len(trace["id"]), trace["parent_span"]) == (32, "")
