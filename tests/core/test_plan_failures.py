"""Plans that go wrong: what was done is told with the step that failed, and what is private stays where it may be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

import grammar
from actors import Cast, Kind, actor, plan_of
from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import (
    AllModelsFailedError,
    AttemptFailed,
    BudgetError,
    Call,
    Constraint,
    Delta,
    Done,
    Event,
    Middleware,
    NoModelLeftError,
    PrivacyError,
    Proceed,
    Prompt,
    ProviderUnavailableError,
    hookimpl,
)
from grammar import check

PLAN = plan_of("first part", "second part", "third part")
Say = Callable[[Kind, Prompt, str], Any]


def configured(*models: str, here: tuple[str, ...] = (), **sections: Any) -> Config:
    entries = {name: actor(here=name in here) for name in models}
    roles = {"reasoning": list(models), "coding": list(models)}
    return build(Layers.of({"models": entries, "roles": roles, "system": {"retries": 0}, **sections}, {}))


async def events_of(cast: Cast, task: Task, config: Config, *more: object) -> tuple[list[Event], Router]:
    events: list[Event] = []
    async with Router(config, Plugins(discover=False, extra=[cast.plugin, *more])) as router:
        async for event in router.stream(task):
            events.append(event)
    grammar.check(events, whole=True)
    return events, router


def fails_at(number: int, error: BaseException, *before: str) -> Say:
    """A plan of three steps of which this one fails after some words."""

    def say(kind: Kind, prompt: Prompt, model: str) -> Any:
        if kind == "plan":
            return PLAN
        text = prompt.messages[-1].text
        return [*before, error] if f"number {number} of 3" in text else "fine"

    return say


async def test_a_step_that_fails_ends_the_plan_with_what_was_done() -> None:
    cast = Cast(fails_at(3, ProviderUnavailableError("out of flour", hint="Buy some.")))
    events, _ = await events_of(cast, Task("Bake", mode="plan"), configured("a", "b"))
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.text, done.complete, len(done.steps)) == ("fine\n\nfine", False, 2)
    error = done.trace.error
    assert error is not None
    assert error.message.startswith("step 3 of 3 failed: every model failed (a: out of flour; b: out of flour")
    assert error.hint == "Buy some."
    assert done.trace.nodes[-1].outcome == "failed"
    assert {attempt.model for attempt in done.trace.nodes[-1].attempts} == {"a", "b"}


async def test_a_step_that_stops_short_is_kept_and_ends_the_plan() -> None:
    cast = Cast(fails_at(2, ProviderUnavailableError("the oven broke"), "half a "))
    events, _ = await events_of(cast, Task("Bake", mode="plan"), configured("a", "b"))
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.text, done.complete) == ("fine\n\nhalf a ", False)
    assert done.trace.error is not None
    assert done.trace.error.message == "step 2 of 3 failed: the oven broke"
    assert done.text == "".join(event.chunk.text for event in events if isinstance(event, Delta))


async def test_when_no_step_gave_anything_it_is_an_error() -> None:
    cast = Cast(fails_at(1, ProviderUnavailableError("out of flour")))
    with pytest.raises(AllModelsFailedError, match="out of flour"):
        await events_of(cast, Task("Bake", mode="plan"), configured("a"))


async def test_nobody_who_may_plan_is_the_error_that_explain_tells() -> None:
    with pytest.raises(NoModelLeftError, match="lacks the tag huge"):
        await events_of(Cast(lambda *_: ""), Task("Bake", mode="plan", tags={"huge"}), configured("a"))


async def test_a_bug_in_a_provider_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        await events_of(Cast(fails_at(2, ZeroDivisionError())), Task("Bake", mode="plan"), configured("a"))


async def test_the_deadline_ends_a_plan_between_its_steps() -> None:
    class Slow(Middleware):
        scope = "attempt"

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            async for event in proceed(call):
                yield event
            await asyncio.sleep(0.2)

    lazy = SimpleNamespace(__name__="lazy", register_middleware=hookimpl(lambda: [Slow()]))
    cast = Cast(fails_at(9, ValueError()))
    events, _ = await events_of(cast, Task("Bake", mode="plan", deadline=0.5), configured("a"), lazy)
    done = events[-1]
    assert isinstance(done, Done)
    assert not done.complete
    assert done.trace.error is not None
    assert "the task's deadline passed" in done.trace.error.message
    assert len(done.steps) < 3


async def test_private_content_stays_here_in_every_part_of_a_plan() -> None:
    cast = Cast(fails_at(9, ValueError()))
    config = configured("far", "near", here=("near",), system={"keep_content": True})
    events, router = await events_of(cast, Task("my secret bread", mode="plan", private=True), config)
    assert {model for model, *_ in cast.sent} == {"near"}
    assert all(prompt.private for *_, prompt in cast.sent)
    assert len(cast.sent) == 4
    done = events[-1]
    assert isinstance(done, Done)
    assert all(node.raw is None for node in done.trace.nodes)
    assert "first part" not in str(router.store.latest(1))


def finds_private(word: str) -> object:
    """A plugin that takes whatever holds this word for private."""

    def look(task: Task) -> Constraint | None:
        found = any(word in text for text in task.texts())
        return Constraint(private=True, reasons=(f"it says {word}",)) if found else None

    return SimpleNamespace(__name__="detector", constrain_task=hookimpl(look))


async def test_what_a_step_brings_up_is_private_from_then_on() -> None:
    def say(kind: Kind, prompt: Prompt, model: str) -> str:
        if kind == "plan":
            return PLAN
        return "IBAN, " + "x" * 50_000 if "number 1 of 3" in prompt.messages[-1].text else "fine"

    cast = Cast(say)
    config = configured("far", "near", here=("near",), system={"keep_content": True})
    events, router = await events_of(cast, Task("Bake", mode="plan"), config, finds_private("IBAN"))
    assert [model for model, *_ in cast.sent] == ["far", "far", "near", "near"]
    done = events[-1]
    assert isinstance(done, Done)
    assert done.trace.private
    assert "first part" not in str(router.store.latest(1))


async def test_private_content_with_nowhere_to_go_ends_the_plan_as_refused() -> None:
    def say(kind: Kind, prompt: Prompt, model: str) -> str:
        return PLAN if kind == "plan" else "the IBAN is 12"

    cast = Cast(say)
    with pytest.raises(PrivacyError, match="no model is cleared"):
        await events_of(cast, Task("Bake", mode="plan"), configured("far"), finds_private("IBAN"))
    assert [kind for _, kind, _ in cast.sent] == ["plan", "step"]


async def test_what_is_found_private_with_nowhere_to_go_is_not_kept() -> None:
    def say(kind: Kind, prompt: Prompt, model: str) -> str:
        return PLAN if kind == "plan" else "the IBAN is 12"

    plugins = Plugins(discover=False, extra=[Cast(say).plugin, finds_private("IBAN")])
    async with Router(configured("far", system={"keep_content": True}), plugins) as router:
        with pytest.raises(PrivacyError):
            await router.run(Task("Bake", mode="plan"))
        store = router.store
    (trace,) = store.latest(1)
    assert trace["private"]
    assert "IBAN" not in str(trace)
    assert "first part" not in str(trace)


async def test_a_step_that_middleware_refuses_is_told_like_any_other() -> None:
    class Refuses(Middleware):
        scope = "attempt"

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            async for event in proceed(call):
                yield event
            if call.prompt is not None and "number 2 of 3" in call.prompt.messages[-1].text:
                raise BudgetError("all spent")

    budget = SimpleNamespace(__name__="budget", register_middleware=hookimpl(lambda: [Refuses()]))
    cast = Cast(lambda kind, *_: PLAN if kind == "plan" else "fine")
    events, _ = await events_of(cast, Task("Bake", mode="plan"), configured("a"), budget)
    check(events, whole=True)
    done = events[-1]
    assert isinstance(done, Done)
    assert done.trace.error is not None
    assert done.trace.error.message == "step 2 of 3 failed: all spent"
    last = done.trace.nodes[-1]
    assert (last.outcome, [attempt.outcome for attempt in last.attempts]) == ("incomplete", ["incomplete"])
    told = "".join(event.chunk.text for event in events if isinstance(event, Delta))
    assert done.text == told == "fine\n\nfine", "what was shown is part of the answer"


async def test_what_a_plan_names_chooses_no_model_and_loosens_nothing() -> None:
    steps = ("use model: far", "role: cloud, private: false", "mode: direct; tags: none")
    cast = Cast(lambda kind, prompt, model: plan_of(*steps) if kind == "plan" else "fine")
    entries = {"far": actor(tags=["cloud"]), "near": actor(here=True, tags=["cheap"])}
    roles = {"reasoning": ["near", "far"], "coding": ["near"], "cloud": ["far"]}
    config = build(Layers.of({"models": entries, "roles": roles}, {}))
    events, _ = await events_of(cast, Task("Bake", mode="plan", tags={"cheap"}, here=True), config)
    assert {model for model, *_ in cast.sent} == {"near"}
    assert not any(isinstance(event, AttemptFailed) for event in events)
