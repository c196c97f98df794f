"""What counts against a limit: what was read and written, once for a plan, and nothing of what no backend has seen."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    Chunk,
    Delta,
    Message,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    ToolCall,
    ToolResult,
)
from aurarouter_limits import Limits
from aurarouter_limits.book import Book
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit
from scripted import model, router_of


def limited(models: dict[str, Any], /, *brought: object, **limits: Any) -> Router:
    return router_of(models, Limits(), *brought, limits=limits)


def test_tokens_are_counted_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("aurarouter_limits.book.time.time", lambda: now)
    book, limit = Book(tmp_path / "limits.db"), Limit(tokens_per_minute=600, burst=6)
    place = book.enter("app:x", limit, 100)  # one task may need more than is saved up
    assert isinstance(place, Place)
    wait = book.enter("app:x", limit, 1)
    assert isinstance(wait, Wait)
    assert wait.seconds == pytest.approx(4.0)
    book.leave(place, limit, -70)  # it took 30, which leaves 3 of the 6 seconds
    assert isinstance(book.enter("app:x", limit, 20), Place)
    book.leave(place, limit, 50)
    wait = book.enter("app:x", limit, 1)
    assert isinstance(wait, Wait)
    assert wait.seconds == pytest.approx(4.0)
    assert "600 tokens a minute" in wait.why
    book.close()


LONG = "a sentence of ten words that goes on and on " * 100
TOKENS = len(LONG) // 4
CALL, ANSWER = ToolCall(id="1", name="look", arguments="{}"), ToolResult(call_id="1", content=LONG)
TOLD = (Message("user", "look"), Message("assistant", (CALL,)), Message("tool", (ANSWER,)))


async def _used(router: Router, home: Path, task: Task, *, hangs_up: bool) -> dict[str, float]:
    """Tokens that each limit of 600 a minute has counted for a task, which may be left after its first word."""
    async with router, aclosing(router.stream(task)) as events:
        with suppress(AllModelsFailedError):
            async for event in events:
                if hangs_up and isinstance(event, Delta):
                    break
    with closing(sqlite3.connect(home / "limits.db")) as connection:
        rows = connection.execute("SELECT name, (until - ?) * 10 FROM used", (time.time(),)).fetchall()
    return dict(rows)


@pytest.mark.parametrize("task", [Task(LONG), Task(messages=TOLD, mode="direct")])
@pytest.mark.parametrize("hangs_up", [False, True])
async def test_what_was_read_counts_though_the_backend_counts_nothing(home: Path, hangs_up: bool, task: Task) -> None:
    limit = {"tokens_per_minute": 600}
    uncounted = model("word ", Chunk(text="word", usage=None), lambda: asyncio.sleep(0.05), counts=False)
    router = limited({"a": uncounted}, each_app=limit, each_model=limit)
    used = await _used(router, home, task, hangs_up=hangs_up)
    assert used == {name: pytest.approx(TOKENS, abs=100) for name in ("app:", "model:a")}


@pytest.mark.parametrize("error", [ProviderUnavailableError("away"), ProviderRateLimitedError("busy")])
async def test_what_was_not_read_does_not_count(home: Path, error: Exception) -> None:
    limit = {"tokens_per_minute": 600}
    router = limited({"a": model(error)}, each_app=limit, each_model=limit)
    used = await _used(router, home, Task(LONG), hangs_up=False)
    assert all(tokens < 1 for tokens in used.values()), used


async def test_a_plan_counts_once_and_its_attempts_against_the_model() -> None:
    answers = iter(['{"steps": ["one", "two"]}', "first", "second"])
    limits = {
        "each_app": {"requests_per_minute": 6, "burst": 0},
        "models": {"a": {"requests_per_minute": 6000, "burst": 60}},
    }
    async with limited({"a": model(lambda: next(answers))}, **limits) as router:
        done = await router.run(Task("do this and that", mode="plan", app="x"))
        assert len(done.trace.attempts) == 3
    with closing(sqlite3.connect(router.home.root / "limits.db")) as connection:
        used = dict(connection.execute("SELECT name, until FROM used WHERE what = 'requests'").fetchall())
    started = done.trace.started_at
    assert used["app:x"] == pytest.approx(started + 10, abs=1)  # one task of ten seconds
    assert used["model:a"] < started + done.trace.seconds + 0.05  # attempts of ten milliseconds each
