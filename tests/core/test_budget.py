"""Budgets in the executor: what may not be spent is not; the next model, or an error that says why, takes its place."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.located import affordable
from aurarouter_core.wallet import UNPRICED
from aurarouter_hooks import (
    AllModelsFailedError,
    BudgetError,
    Message,
    PrivacyError,
    ProviderUnavailableError,
)
from budget_runs import PRICE, ROOMY, rows, run, script

Configure = Callable[..., Config]


async def test_no_budget_no_file_and_no_change(configure: Configure, plugins: Plugins, home: Path) -> None:
    (done,) = await run(configure(a=script("hello", None)), plugins, Task("hi"))
    assert done.trace.cost == pytest.approx((1 * 1 + 2 * 10) / 1e6)
    assert not list(home.glob("money*"))
    assert affordable(Task("hi"), Router(configure(a=script()), plugins).snapshot, Router().pool) is None


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


def test_history_counts_for_what_an_attempt_may_cost(configure: Configure, plugins: Plugins) -> None:
    config = configure(budget={"per_day": 0.01, "max_output": 100}, a=script("x", None))
    long = Task(messages=[Message("user", "word " * 20_000), Message("assistant", "ok"), Message("user", "go on")])
    with pytest.raises(BudgetError, match="may cost up to"):
        Router(config, plugins).run_sync(long)
