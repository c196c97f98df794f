"""What limits let through: never more than the documented bound, in turns, in all processes; and no place is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter as Tally
from contextlib import aclosing, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    BudgetError,
    Chunk,
    Delta,
    Message,
    Progress,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    ToolCall,
    ToolResult,
    hookimpl,
)
from aurarouter_limits import Limits
from aurarouter_limits.book import Book
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit
from grammar import check
from scripted import model, router_of


def limited(models: dict[str, Any], /, *brought: object, **limits: Any) -> Router:
    return router_of(models, Limits(), *brought, limits=limits)


def most(rate: float, burst: float, seconds: float) -> float:
    """What the page says: the rate's share of a span and of the burst, and one where the burst is less than one."""
    return rate / 60 * seconds + max(1.0, rate / 60 * burst)


@pytest.mark.parametrize(("rate", "burst"), [(60.0, 6.0), (600.0, 0.0), (7.0, 30.0), (6000.0, 1.0)])
def test_in_no_span_is_more_let_through_than_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float, burst: float
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("aurarouter_limits.book.time.time", lambda: now)
    book, limit, passed = Book(tmp_path / "limits.db"), Limit(requests_per_minute=rate, burst=burst), []
    step = 60.0 / rate / 3.7
    for number in range(600):
        now += step * (0 if number % 7 < 3 else 1) + (100 * step if number % 191 == 0 else 0)
        if isinstance(book.enter("app:x", limit, 0), Place):
            passed.append(now)
    assert len(passed) > 60
    for first in range(len(passed)):
        for last in range(first, len(passed), 5):
            span = passed[last] - passed[first]
            assert last - first + 1 <= most(rate, burst, span) + 1e-6
    # And no less: whoever waits as long as is said gets through.
    said = book.enter("app:x", limit, 0)
    while isinstance(said, Place):
        said = book.enter("app:x", limit, 0)
    now += said.seconds
    assert isinstance(book.enter("app:x", limit, 0), Place)
    book.close()


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


def test_a_clock_that_is_set_back_makes_nobody_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("aurarouter_limits.book.time.time", lambda: now)
    book, limit = Book(tmp_path / "limits.db"), Limit(requests_per_minute=60, tokens_per_minute=600, burst=1)
    assert isinstance(book.enter("app:x", limit, 100), Place)
    now -= 86400
    wait = book.enter("app:x", limit, 1)
    assert isinstance(wait, Wait)  # what was used before counts on
    assert wait.seconds == pytest.approx(1.0)
    now += 1.0
    wait = book.enter("app:x", limit, 1)
    assert isinstance(wait, Wait)
    assert wait.seconds == pytest.approx(9.0)
    now += 4.0
    wait = book.enter("app:x", limit, 1)
    assert isinstance(wait, Wait)
    assert wait.seconds == pytest.approx(5.0)
    now += 5.0
    assert isinstance(book.enter("app:x", limit, 1), Place)
    book.close()


async def test_an_app_is_refused_with_the_time_to_wait() -> None:
    async with limited({"a": model()}, apps={"x": {"requests_per_minute": 6, "burst": 0}}, patience=0.5) as router:
        await router.run(Task("hi", app="x"))
        with pytest.raises(BudgetError, match=r"the limit of the app 'x' is reached: 6 requests a minute") as caught:
            await router.run(Task("hi", app="x"))
        assert caught.value.retry_after == pytest.approx(10, abs=1)
        assert "limits.apps.x" in caught.value.hint
        await router.run(Task("hi", app="y"))
        store = router.store
    assert store.latest(3)[1]["error"]["retry_after"] == pytest.approx(10, abs=1)


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


async def test_it_waits_where_that_is_short_and_says_so() -> None:
    limits = {"each_app": {"requests_per_minute": 600, "burst": 0}}
    async with limited({"a": model()}, **limits) as router:
        began = time.monotonic()
        runs = [asyncio.create_task(_events(router, Task("hi", app="x"))) for _ in range(6)]
        told = await asyncio.gather(*runs)
        assert time.monotonic() - began >= 0.49
    for events in told:
        check(events, whole=True)
    assert any(isinstance(event, Progress) and "waiting for the limit" in event.what for run in told for event in run)


async def _events(router: Router, task: Task) -> list[Any]:
    return [event async for event in router.stream(task)]


async def test_a_model_at_its_limit_is_passed_over_where_another_may_answer() -> None:
    models = {"a": model("from a"), "b": model("from b")}
    limits = {"models": {"a": {"requests_per_minute": 6, "burst": 0}}}
    async with limited(models, **limits) as router:
        texts = [(await router.run(Task("hi", mode="direct"))).text for _ in range(3)]
        last = await router.run(Task("hi", mode="direct"))
    assert texts == ["from a", "from b", "from b"]
    assert [attempt.outcome for attempt in last.trace.attempts] == ["failed", "ok"]
    assert last.trace.attempts[0].error is not None
    assert last.trace.attempts[0].error.type == "ProviderRateLimitedError"


async def test_when_all_are_at_their_limits_the_error_says_when_to_ask_again() -> None:
    limits = {"each_model": {"requests_per_minute": 6, "burst": 0}, "patience": 0}
    async with limited({"a": model()}, **limits) as router:
        await router.run(Task("hi", mode="direct"))
        with pytest.raises(AllModelsFailedError, match="the limit of the model 'a'") as caught:
            await router.run(Task("hi", mode="direct"))
    assert caught.value.retry_after == pytest.approx(10, abs=1)


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


async def test_at_a_time_means_at_a_time_and_a_place_comes_back_however_a_task_ends() -> None:
    running = highest = 0

    async def slow() -> str:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        try:
            await asyncio.sleep(0.01)
        finally:
            running -= 1
        return "x"

    fails = iter([False, True] * 50)

    def or_not() -> Any:
        return ProviderUnavailableError("no") if next(fails) else "y"

    limits = {"each_app": {"concurrency": 3}, "patience": 30}
    async with limited({"a": model(slow, or_not), "b": model("z")}, **limits) as router:
        runs = [asyncio.create_task(router.run(Task("hi", mode="direct"))) for _ in range(40)]
        await asyncio.sleep(0.02)
        for run in runs[10:20]:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        assert highest == 3
        async with aclosing(router.stream(Task("hi", mode="direct"))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        assert (await asyncio.gather(*(router.run(Task("hi", mode="direct")) for _ in range(3))))[0].complete
    book = Book(Path(router.home.root) / "limits.db")
    assert book._opened().execute("SELECT count(*) FROM places").fetchone() == (0,)
    book.close()


async def test_the_line_is_bounded() -> None:
    never, inside = asyncio.Event(), asyncio.Event()

    async def stuck() -> str:
        inside.set()
        await never.wait()
        return "x"

    limits = {"each_app": {"concurrency": 1}, "queue": 2, "patience": 60}
    async with limited({"a": model(stuck)}, **limits) as router:
        runs = [asyncio.create_task(router.run(Task("hi")))]
        await inside.wait()
        runs += [asyncio.create_task(router.run(Task("hi"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(BudgetError, match="2 tasks wait already"):
            await router.run(Task("hi"))
        never.set()
        await asyncio.gather(*runs)


async def test_apps_take_turns_at_a_model() -> None:
    order: list[str] = []

    async def slow() -> str:
        await asyncio.sleep(0.002)
        return "x"

    limits = {"each_model": {"concurrency": 1}, "queue": 1000, "patience": 60}
    async with limited({"a": model(slow)}, **limits) as router:

        async def run(app: str) -> None:
            await router.run(Task("hi", app=app, mode="direct"))
            order.append(app)

        many = [asyncio.create_task(run("many")) for _ in range(60)]
        await asyncio.sleep(0)
        few = [asyncio.create_task(run("few")) for _ in range(5)]
        await asyncio.gather(*many, *few)
    last = max(at for at, app in enumerate(order) if app == "few")
    assert last <= 14, order  # in turns: five of the few among the first dozen


async def test_without_a_limit_there_is_no_file(home: Path) -> None:
    async with limited({"a": model()}) as router:
        await router.run(Task("hi"))
    assert not list(home.glob("limits.db*"))


async def test_a_file_that_fails_refuses_rather_than_letting_all_through(home: Path) -> None:
    (home / "limits.db").write_bytes(b"this is no database" * 100)
    async with limited({"a": model()}, each_app={"requests_per_minute": 6}) as router:
        with pytest.raises(BudgetError, match=r"the limit of the app '\(no app\)' can't be kept") as caught:
            await router.run(Task("hi"))
    assert "limits.db: file is not a database" in str(caught.value)
    assert "Move the file away" in caught.value.hint


def test_a_place_that_could_not_be_given_back_is_given_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_core.database.PATIENCE", 0.1)
    path, limit = tmp_path / "limits.db", Limit(concurrency=1)
    book = Book(path)
    place = book.enter("app:x", limit, 0)
    assert isinstance(place, Place)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # as who makes a copy of the file
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            book.leave(place, limit, 0)
        other.execute("ROLLBACK")
    assert isinstance(book.enter("app:x", limit, 0), Place)
    book.close()


def test_two_processes_share_and_a_killed_one_leaves_its_places(tmp_path: Path) -> None:
    import os
    import signal

    path, limit = tmp_path / "limits.db", Limit(concurrency=2)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        other = Book(path)
        other.enter("app:x", limit, 0)
        other.enter("app:x", limit, 0)
        os.write(write, b"x")
        signal.pause()
    os.read(read, 1)
    book = Book(path)
    assert isinstance(book.enter("app:x", limit, 0), Wait)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    book._looked = 0.0
    assert isinstance(book.enter("app:x", limit, 0), Place)
    book.close()


async def test_another_plugin_may_count_for_more_machines(home: Path) -> None:
    asked: Tally[str] = Tally()

    class Shared:
        async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
            asked[name] += 1
            return Place(name=name) if asked[name] < 3 else Wait(seconds=99.0, why="the cell says so")

        async def leave(self, place: Place, limit: Limit, tokens: int) -> None:
            asked["left"] += 1

        async def close(self) -> None:
            asked["closed"] += 1

    class Grid:
        @hookimpl(optionalhook=True)
        def limits_counter(self) -> Shared:
            return Shared()

    async with limited({"a": model()}, Grid(), each_app={"requests_per_minute": 6}) as router:
        for _ in range(2):
            await router.run(Task("hi", app="x"))
        with pytest.raises(BudgetError, match="the cell says so"):
            await router.run(Task("hi", app="x"))
    assert asked.pop("app:x") >= 3  # once more when somebody has left meanwhile
    assert asked == {"left": 2, "closed": 1}
    assert not list(home.glob("limits.db*"))
