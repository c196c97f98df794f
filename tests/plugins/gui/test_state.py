"""What the window knows, without a window: the graph of a plan, the badge, errors in words, the worker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aurarouter_core import Plugins, Router, load_config
from aurarouter_gui.state.clearance import badge
from aurarouter_gui.state.graph import Graph
from aurarouter_gui.state.history import past
from aurarouter_gui.state.run import Run
from aurarouter_gui.state.words import counted, dollars, money, seconds, sentence, trouble
from aurarouter_gui.state.worker import Worker
from aurarouter_hooks import (
    AllModelsFailedError,
    Attempt,
    AttemptFailed,
    AttemptStarted,
    Chunk,
    Committed,
    ConfigError,
    Delta,
    ErrorInfo,
    Node,
    NodeFinished,
    NodeStarted,
    Problem,
    Task,
)


def test_a_plan_is_drawn_in_rows_below_what_it_waits_for() -> None:
    nodes = [
        Node(id="analyse", kind="analyse", outcome="ok"),
        Node(id="plan", kind="plan", parents=("analyse",)),
        Node(id="step-1", kind="step", parents=("plan",)),
        Node(id="step-2", kind="step", parents=("plan",)),
        Node(id="review", kind="review", parents=("step-1", "step-2")),
    ]
    graph = Graph.of(nodes)
    assert dict(graph.places()) == {
        "analyse": (0, 0),
        "plan": (1, 0),
        "step-1": (2, 0),
        "step-2": (2, 1),
        "review": (3, 0),
    }
    assert ("step-2", "review") in graph.edges()
    assert graph.vertices["step-2"].title == "Step 2"


def test_a_fallback_is_followed_attempt_by_attempt() -> None:
    graph = Graph()
    node = Node(id="answer", kind="answer")
    failed = Attempt(
        number=1, model="a", provider="x", started=0.0, outcome="failed", error=ErrorInfo(type="E", message="no")
    )
    for event in (
        NodeStarted(node=node),
        AttemptStarted(node="answer", number=1, model="a", provider="x"),
        AttemptFailed(attempt=failed),
        AttemptStarted(node="answer", number=2, model="b", provider="x"),
    ):
        graph.see(event)
    vertex = graph.vertices["answer"]
    assert (vertex.state, vertex.asked, vertex.line) == ("running", "b", "asking b …")
    assert [attempt.model for attempt in vertex.attempts] == ["a"]
    graph.stop()
    assert vertex.state == "failed"


def test_a_correction_takes_the_place_of_what_was_shown() -> None:
    run = Run(Task("x"))
    for kind, text in (("step", "first"), ("answer", "better")):
        node = Node(id=kind, kind=kind)  # type: ignore[arg-type]
        for event in (
            NodeStarted(node=node),
            Committed(node=kind, model="m"),
            Delta(chunk=Chunk(text=text)),
            NodeFinished(node=node),
        ):
            run.see(event)
    assert run.text == "better"


async def test_the_badge_says_what_was_found_and_where_it_may_go(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models: {far: {provider: openapi, endpoint: 'https://models.example.org'}, near: {provider: echo}}\n"
        "roles: {coding: [far, near]}\n"
    )
    plugins = Plugins()
    async with Router(load_config(plugins), plugins) as router:
        private = badge(await router.locate_and_decide(Task("The card 4539 1488 0343 6467 was declined")))
        public = badge(await router.locate_and_decide(Task("Fix it")))
        blocked = badge(await router.locate_and_decide(Task("Fix it", model="far", private=True)))
    assert private.level == "private"
    assert "card" in private.details
    assert "near" in private.details
    assert "far" not in private.details
    assert public.level == "open"
    assert blocked.level == "blocked"
    assert badge(None).level == "none"


def test_errors_come_with_every_problem_and_what_to_do() -> None:
    error = ConfigError(
        "it can't be used", problems=[Problem("is unknown", path=("models", "x"), line=3)], hint="Mend it"
    )
    told = trouble(error)
    assert (told.what, told.next, told.details) == ("it can't be used", "Mend it", ("line 3: models.x: is unknown",))
    attempt = Attempt(number=1, model="a", provider="p", started=0.0, error=ErrorInfo(type="E", message="no key"))
    assert trouble(AllModelsFailedError("all failed", attempts=[attempt])).details == ("a: no key",)
    assert "unexpected ZeroDivisionError" in trouble(ZeroDivisionError("x")).what
    assert trouble(PermissionError(13, "Permission denied")).what == "Permission denied"


@pytest.mark.parametrize(
    ("value", "words"), [(0.0000021, "2 µs"), (0.0123, "12 ms"), (3.25, "3.2 s"), (75.0, "1 min 15 s")]
)
def test_durations(value: float, words: str) -> None:
    assert seconds(value) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0.0, "$0"), (0.00001, "under $0.0001"), (0.04434, "$0.0443"), (1.5, "$1.50"), (1234.567, "$1,234.57")],
)
def test_dollars(amount: float, words: str) -> None:
    assert dollars(amount) == words


def test_one_thing_and_many() -> None:
    assert [counted(number, "note") for number in (0, 1, 2, 1000)] == ["0 notes", "1 note", "2 notes", "1,000 notes"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cannot connect to http://a:1", "Cannot connect to http://a:1."),
        ("models.cloud.api_key: it is not set", "models.cloud.api_key: it is not set."),
        ("http://a:1 does not answer", "http://a:1 does not answer."),
        ("config: it is empty", "Config: it is empty."),
        ("Done!", "Done!"),
        (" ", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_with_a_name(text: str, said: str) -> None:
    assert sentence(text) == said


def test_money() -> None:
    assert [money(cost) for cost in (None, 0.0, 0.0123, 0.00001)] == ["", "free", "$0.0123", "under $0.0001"]


def test_a_kept_trace_without_its_prompt_is_still_found_by_model() -> None:
    attempt = {"model": "near"}
    trace = {
        "id": "a" * 32, "started_at": 0.0, "seconds": 0.1, "surface": "cli", "complete": True, "private": False,
        "cost": None, "error": None, "prompt": None, "decision": {"intent": "DIRECT", "role": "coding"},
        "nodes": [{"attempts": [attempt]}],
    }  # fmt: skip
    line = past(trace)
    assert line.title == "DIRECT → coding"
    assert "near" in line.words
    assert line.when.startswith("1970-01-01")


def test_the_worker_tells_results_errors_and_nothing_of_what_was_cancelled() -> None:
    woken = threading.Event()
    worker = Worker(woken.set)
    told: list[object] = []

    async def gives(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def fails() -> None:
        raise OSError("gone")

    async def nothing() -> None:
        pass

    worker.start()
    job = worker.begin(asyncio.sleep(60), told.append, told.append)
    worker.begin(gives(1), told.append)
    worker.begin(fails(), failed=lambda error: told.append(str(error)))
    job.cancel()
    while len(told) < 2:
        assert woken.wait(10)
        woken.clear()
        worker.mailbox.deliver()
    worker.close(nothing)
    worker.mailbox.deliver()
    assert sorted(map(str, told)) == ["1", "gone"]
    assert not job.running


def test_state_and_command_load_no_qt() -> None:
    script = (
        "import importlib, pkgutil, sys, aurarouter_gui.commands, aurarouter_gui.state as state\n"
        "for found in pkgutil.iter_modules(state.__path__):\n"
        "    importlib.import_module(f'{state.__name__}.{found.name}')\n"
        "sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
