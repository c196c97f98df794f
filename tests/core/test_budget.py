"""Budgets in the executor: what may not be spent is not, and what was is settled, however an attempt ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.cashbook import NANO
from aurarouter_core.located import affordable
from aurarouter_core.wallet import UNPRICED
from aurarouter_hooks import (
    AllModelsFailedError,
    BudgetError,
    Chunk,
    Delta,
    Message,
    PrivacyError,
    ProviderAuthError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    ToolCall,
    ToolResult,
    Usage,
)

Configure = Callable[..., Config]
PRICE = {"input": 1.0, "output": 10.0}
ROOMY = {"per_day": 1.0, "max_output": 100}


def script(*items: Any, **settings: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": items}, "price": PRICE, **settings}


def rows(home: Path) -> Any:
    """(app, dollars) that were settled, and how many reservations are open."""
    if not (home / "money.db").exists():
        return [], 0
    with closing(sqlite3.connect(home / "money.db")) as connection:
        found = connection.execute("SELECT app, amount FROM spent ORDER BY app").fetchall()
        (still,) = connection.execute("SELECT count(*) FROM reserved").fetchone()
    return [(app, amount / NANO) for app, amount in found], still


async def run(config: Config, plugins: Plugins, *tasks: Task) -> Sequence[Any]:
    """What came of each task, one after the other, in one router."""
    outcomes: list[Any] = []
    async with Router(config, plugins) as router:
        for task in tasks:
            try:
                outcomes.append(await router.run(task))
            except Exception as error:
                outcomes.append(error)
    return outcomes


async def test_no_budget_no_file_and_no_change(configure: Configure, plugins: Plugins, home: Path) -> None:
    (done,) = await run(configure(a=script("hello", None)), plugins, Task("hi"))
    assert done.trace.cost == pytest.approx((1 * 1 + 2 * 10) / 1e6)
    assert not list(home.glob("money*"))
    assert affordable(Task("hi"), Router(configure(a=script()), plugins).snapshot, Router().pool) is None


async def test_what_an_answer_cost_is_settled_to_the_last_billionth(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    usage = Usage(input_tokens=1000, output_tokens=50)
    config = configure(budget=ROOMY, a=script("hello", usage))
    done, again = await run(config, plugins, Task("hi", app="shop"), Task("hi"))
    assert done.trace.cost == again.trace.cost == pytest.approx(0.0015)
    assert rows(home) == ([("", 0.0015), ("shop", 0.0015)], 0)


@pytest.mark.parametrize("count", [-1_000_000, 10**12, 2**70, "5", None])
async def test_what_nobody_can_have_counted_is_no_count(
    configure: Configure, plugins: Plugins, home: Path, count: Any
) -> None:
    usages = Usage(input_tokens=count), Usage(output_tokens=count), Usage(cached_input_tokens=count)
    config = configure(budget=ROOMY, **{f"m{at}": script("x" * 40, usage) for at, usage in enumerate(usages)})
    for done in await run(config, plugins, *(Task("four" * 5, model=f"m{at}") for at in range(3))):
        (attempt,) = done.trace.attempts
        assert attempt.usage == Usage(input_tokens=5, output_tokens=10, estimated=True)
        assert done.reply.usage is None  # nor is anybody told
        assert attempt.cost == pytest.approx(0.000105)
    assert rows(home) == ([("", 0.000315)], 0)


async def test_a_spent_budget_rules_out_what_costs_and_leaves_what_is_free(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    config = configure(budget={"per_day": 0.001, "max_output": 90}, dear=script("x" * 400, None), free=_free())
    first, second, third = await run(config, plugins, *(Task("hi") for _ in range(3)))
    assert first.trace.attempts[0].model == "dear"
    assert first.trace.cost == pytest.approx(0.001001)
    assert [attempt.model for attempt in second.trace.attempts] == ["free"]  # not the answer of a minute ago
    assert second.trace.decision.over_budget == ("dear",)
    assert second.trace.decision.vetoes == {"dear": "the budget of 0.001 USD per day is spent"}
    assert third.trace.cost == 0.0
    assert rows(home) == ([("", 0.001001)], 0)


def _free() -> dict[str, Any]:
    return script("free of charge", None, price={})


async def test_who_would_pass_the_limit_is_refused_and_the_next_is_asked(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    config = configure(budget={"per_day": 0.001, "max_output": 100}, dear=script("x", None), free=_free())
    (done,) = await run(config, plugins, Task("hi"))
    refused, answered = done.trace.attempts
    assert (refused.model, refused.outcome, refused.error.type, refused.cost) == ("dear", "failed", "BudgetError", 0.0)
    assert "it may cost up to 0.0010" in refused.error.message
    assert "of 0.001 USD per day 0.001000 USD are left" in refused.error.message
    assert answered.model == "free"
    assert rows(home) == ([], 0)


@pytest.mark.parametrize("budget", [{"per_day": 0.0}, {"per_month": 0.0001}, {"apps": {"shop": {"per_day": 0.0001}}}])
async def test_when_nobody_is_left_it_is_a_budget_error(
    configure: Configure, plugins: Plugins, budget: dict[str, Any]
) -> None:
    config = configure(budget=budget, a=script("x", None), b=script("x", None))
    first, second = await run(config, plugins, Task("hi", app="shop"), Task("hi", app="shop"))
    for error in (first, second):
        assert isinstance(error, BudgetError)
        assert set(error.vetoes) == {"a", "b"}
        assert "raise the budget" in error.hint


async def test_an_app_has_a_budget_of_its_own(configure: Configure, plugins: Plugins) -> None:
    config = configure(budget={"apps": {"shop": {"per_day": 0.0}}}, a=script("x", None))
    shop, desk, nobody = await run(config, plugins, Task("hi", app="shop"), Task("hi", app="desk"), Task("hi"))
    assert isinstance(shop, BudgetError)
    assert "for 'shop'" in str(shop)
    assert desk.complete
    assert nobody.complete


async def test_an_unknown_price_is_not_nothing(configure: Configure, plugins: Plugins, home: Path) -> None:
    seen: dict[str, Any] = {"options": {"seen": []}}
    models = {"far": {"provider": "remote", **seen}, "near": {"provider": "here", **seen}}
    done, refused = await run(configure(budget=ROOMY, **models), plugins, Task("hi"), Task("hi", model="far"))
    assert done.trace.decision.vetoes == {"far": UNPRICED}
    assert [(attempt.model, attempt.cost) for attempt in done.trace.attempts] == [("near", 0.0)]
    assert isinstance(refused, BudgetError)
    assert "models.NAME.price" in refused.hint
    (unlimited,) = await run(configure(far=models["far"]), plugins, Task("hi"))
    assert (unlimited.trace.attempts[0].cost, unlimited.trace.cost) == (None, None)


@pytest.mark.parametrize(
    ("failure", "billed"),
    [
        (ProviderUnavailableError("down"), False),
        (ProviderRateLimitedError("slow down"), False),
        (ProviderAuthError("no such key"), False),
        (ProviderTimeoutError("nothing came", after=1.0), True),
        (ProviderReplyError("nonsense came"), True),
    ],
)
async def test_a_failed_attempt_costs_what_its_backend_may_have_read(
    configure: Configure, plugins: Plugins, home: Path, failure: Exception, billed: bool
) -> None:
    config = configure(budget=ROOMY, a=script(failure), free=_free())
    (done,) = await run(config, plugins, Task("x" * 4000))
    failed = done.trace.attempts[0]
    assert failed.outcome == "failed"
    assert failed.cost == pytest.approx(0.001 if billed else 0.0)
    assert done.trace.cost == failed.cost
    assert (failed.usage is not None and failed.usage.estimated) is billed
    settled, still = rows(home)
    assert (sum(dollars for _, dollars in settled), still) == (pytest.approx(failed.cost), 0)


async def test_what_a_tool_answered_was_read_too(configure: Configure, plugins: Plugins) -> None:
    call, answer = ToolCall(id="1", name="look", arguments="{}" * 200), ToolResult(call_id="1", content="x" * 3600)
    told = (Message("user", "look"), Message("assistant", (call,)), Message("tool", (answer,)))
    late = script(ProviderTimeoutError("nothing came", after=1.0))
    (done,) = await run(configure(budget=ROOMY, a=late, free=_free()), plugins, Task(messages=told, mode="direct"))
    assert done.trace.attempts[0].cost == pytest.approx(0.001001)


async def test_half_a_stream_costs_what_was_read_and_written(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    config = configure(budget=ROOMY, a=script("y" * 40, ProviderReplyError("it broke off")), free=_free())
    (done,) = await run(config, plugins, Task("x" * 4000))
    assert not done.complete
    (attempt,) = done.trace.attempts
    assert (attempt.outcome, attempt.usage.output_tokens) == ("incomplete", 10)
    assert attempt.cost == pytest.approx((1000 + 10 * 10) / 1e6)
    assert rows(home) == ([("", pytest.approx(attempt.cost))], 0)


@pytest.mark.parametrize("after", [0, 1])
async def test_a_cancelled_task_is_settled_before_and_after_its_first_word(
    configure: Configure, plugins: Plugins, home: Path, after: int
) -> None:
    reached = asyncio.Event()

    async def waits() -> None:
        reached.set()
        await asyncio.Event().wait()

    items = ("y" * 40, waits) if after else (waits, "y")
    async with Router(configure(budget=ROOMY, a=script(*items)), plugins) as router:
        running = asyncio.create_task(router.run(Task("x" * 4000)))
        await reached.wait()
        assert rows(home)[1] == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert rows(home) == ([("", pytest.approx((1000 + 100 * after) / 1e6))], 0)


async def test_who_stops_listening_is_settled_too(configure: Configure, plugins: Plugins, home: Path) -> None:
    config = configure(budget=ROOMY, a=script("y" * 40, "more", None))
    async with Router(config, plugins) as router, aclosing(router.stream(Task("x" * 4000))) as events:
        async for event in events:
            if isinstance(event, Delta):
                break
    assert rows(home) == ([("", pytest.approx((1000 + 100) / 1e6))], 0)


async def test_a_task_cancelled_while_it_reserves_leaves_nothing_behind(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    async with Router(configure(budget=ROOMY, a=script("y", None)), plugins) as router:
        await router.run(Task("warm"))
        for turn in range(30):
            running = asyncio.create_task(router.run(Task("hi")))
            for _ in range(turn):
                await asyncio.sleep(0)
            running.cancel()
            await asyncio.wait({running})
    assert rows(home)[1] == 0


async def test_answers_are_bounded_where_nobody_said_how_long_they_may_be(
    configure: Configure, plugins: Plugins
) -> None:
    seen: list[Any] = []
    model = {"provider": "remote", "options": {"seen": seen}, "price": PRICE}
    tasks = (Task("hi"), Task("hi", parameters={"max_completion_tokens": 7}))
    await run(configure(budget=ROOMY, a=model), plugins, *tasks)
    await run(configure(a=model), plugins, *tasks)
    assert [dict(prompt.parameters) for prompt in seen] == [
        {"max_tokens": 100},
        {"max_completion_tokens": 7},
        {},
        {"max_completion_tokens": 7},
    ]


async def test_every_attempt_of_a_plan_reserves(configure: Configure, plugins: Plugins, home: Path) -> None:
    steps = '{"steps": [{"task": "one"}, {"task": "two"}]}'
    roles = {"reasoning": ["a"], "coding": ["a"]}
    config = configure(roles=roles, budget={"per_day": 0.0026, "max_output": 200}, a=script(steps, None))
    (outcome,) = await run(config, plugins, Task("bake a cake", mode="plan"))
    settled, still = rows(home)
    total = sum(dollars for _, dollars in settled)
    assert still == 0
    assert 0 < total <= 0.0026
    assert "USD per day" in str(outcome if isinstance(outcome, BaseException) else outcome.trace.error)


async def test_many_at_once_never_pass_the_limit(configure: Configure, plugins: Plugins, home: Path) -> None:
    limit = 0.01
    config = configure(budget={"per_day": limit, "max_output": 100}, a=script("y" * 40, None))
    async with Router(config, plugins) as router:
        outcomes = await asyncio.gather(*(router.run(Task("hi")) for _ in range(150)), return_exceptions=True)
    done = [each for each in outcomes if not isinstance(each, BaseException)]
    assert {type(each) for each in outcomes if isinstance(each, BaseException)} == {BudgetError}
    ((_, spent),), still = rows(home)
    assert still == 0
    assert spent == pytest.approx(sum(each.trace.cost or 0.0 for each in done))
    assert spent <= limit
    assert len(done) >= 5


async def test_without_its_file_nothing_that_costs_is_asked(configure: Configure, plugins: Plugins, home: Path) -> None:
    (home / "money.db").mkdir()
    seen: list[Any] = []
    model = {"provider": "remote", "options": {"seen": seen}, "price": PRICE}
    (refused,) = await run(configure(budget=ROOMY, a=model), plugins, Task("hi"))
    assert isinstance(refused, BudgetError)
    assert "can't be kept" in str(refused)
    assert seen == []
    (done,) = await run(configure(budget=ROOMY, a=model, free=_free()), plugins, Task("hi"))
    assert done.trace.attempts[-1].model == "free"


async def test_privacy_comes_first_and_a_mixture_is_told_whole(configure: Configure, plugins: Plugins) -> None:
    seen: dict[str, Any] = {"options": {"seen": []}}
    models = {"far": {"provider": "remote", "price": {}, **seen}, "dear": script("x", None, tags=["private"])}
    (refused,) = await run(configure(budget={"per_day": 0}, **models), plugins, Task("hi", private=True))
    assert isinstance(refused, PrivacyError)
    broken = script(ProviderUnavailableError("down"), price={})
    config = configure(budget={"per_day": 0.00001}, dear=script("x", None), broken=broken)
    (failed,) = await run(config, plugins, Task("hi"))
    assert isinstance(failed, AllModelsFailedError)
    assert "of 1e-05 USD per day" in str(failed)
    assert "down" in str(failed)


async def test_what_another_process_spent_is_known_at_the_next_decision(
    configure: Configure, plugins: Plugins, home: Path
) -> None:
    config = configure(budget={"per_day": 0.001, "max_output": 90}, dear=script("x" * 400, None), free=_free())
    await run(config, plugins, Task("hi"))
    async with Router(config, plugins) as router:
        assert router.decide(Task("hi")).over_budget == ("dear",)


async def test_a_middleware_that_answers_itself_spends_nothing(
    configure: Configure, plugins: Plugins, providers: object, make_plugin: Callable[..., object], home: Path
) -> None:
    class Cache:
        scope, order = "attempt", 0

        async def __call__(self, call: Any, proceed: Any) -> AsyncIterator[Any]:
            yield Delta(chunk=Chunk(text="kept", finish="stop"))

    cache = make_plugin("cache", register_middleware=lambda: [Cache()])
    with_cache = Plugins(discover=False, extra=[providers, cache])
    (done,) = await run(configure(budget=ROOMY, a=script("x", None)), with_cache, Task("hi"))
    assert (done.text, done.trace.cost) == ("kept", 0.0)
    assert rows(home) == ([], 0)


def test_history_counts_for_what_an_attempt_may_cost(configure: Configure, plugins: Plugins) -> None:
    config = configure(budget={"per_day": 0.01, "max_output": 100}, a=script("x", None))
    long = Task(messages=[Message("user", "word " * 20_000), Message("assistant", "ok"), Message("user", "go on")])
    with pytest.raises(BudgetError, match="may cost up to"):
        Router(config, plugins).run_sync(long)
