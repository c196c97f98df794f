"""What limits let through: never more than the documented bound; who is refused is told when to ask again."""

from __future__ import annotations

import asyncio
import time
from collections import Counter as Tally
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    BudgetError,
    Progress,
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
