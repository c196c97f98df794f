"""Middleware: its order, what it may do, what it may not, and that it leaks nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import pytest
from attrs import evolve

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    BudgetError,
    Call,
    Chunk,
    Committed,
    Constraint,
    Delta,
    Done,
    Event,
    Message,
    Middleware,
    NodeStarted,
    NoModelLeftError,
    Noted,
    PluginBrokenError,
    PrivacyError,
    Proceed,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    Usage,
)

Make = Callable[..., Any]


def scripted(*script: object, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": list(script)}, **more}


@pytest.fixture
def plugins_with(make_plugin: Make, providers: object) -> Callable[..., Plugins]:
    """Plugins of the testing providers and this middleware."""

    def make(*layers: Middleware, **hooks: Callable[..., Any]) -> Plugins:
        brought = make_plugin("layers", register_middleware=lambda: list(layers), **hooks)
        return Plugins(discover=False, extra=[providers, brought])

    return make


class Layer(Middleware):
    """Notes that it was there, and changes the call as told."""

    def __init__(
        self, scope: Any = "task", order: int = 0, name: str = "", log: list[str] | None = None, **changes: Any
    ) -> None:
        self.scope, self.order, self.name, self.log, self.changes = scope, order, name, log, changes

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        if self.log is not None:
            self.log.append(self.name)
        async for event in proceed(evolve(call, **self.changes)):
            yield event


class Tells(Middleware):
    """Answers by itself with these events, or raises."""

    def __init__(self, scope: Any, *events: Event | Exception) -> None:
        self.scope, self.events = scope, events

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        for event in self.events:
            if isinstance(event, Exception):
                raise event
            yield event


async def test_it_runs_in_its_order(configure: Callable[..., Config], plugins_with: Make) -> None:
    log: list[str] = []
    plugins = plugins_with(
        Layer("task", 20, "inner", log), Layer("attempt", 0, "attempt", log), Layer("task", 10, "outer", log)
    )
    config = configure(dead=scripted(ProviderUnavailableError("no")), good=scripted("yes", None))
    async with Router(config, plugins) as router:
        assert (await router.run(Task("hi"))).text == "yes"
    assert log == ["outer", "inner", "attempt", "attempt"]


async def test_it_may_answer_an_attempt_or_refuse_it(configure: Callable[..., Config], plugins_with: Make) -> None:
    class Cache(Middleware):
        scope = "attempt"

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            if call.model is not None and call.model.id == "busy":
                raise ProviderUnavailableError("too many requests at once")
            yield Noted(name="cache", value="hit")
            yield Delta(chunk=Chunk(text="from the cache", finish="stop"))

    config = configure(busy=scripted("never", None), good=scripted("never", None))
    async with Router(config, plugins_with(Cache())) as router:
        events = [event async for event in router.stream(Task("hi"))]
    done: Any = events[-1]
    assert done.text == "from the cache"
    assert done.trace.notes == {"cache": "hit"}
    assert [attempt.outcome for attempt in done.trace.attempts] == ["failed", "ok"]
    kinds = [type(event) for event in events]
    assert kinds.index(Committed) == kinds.index(Delta) - 1


async def test_it_may_answer_a_whole_task(configure: Callable[..., Config], plugins_with: Make) -> None:
    class Cache(Middleware):
        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            yield Noted(name="cache", value="hit")
            yield call.answer(Reply(text="from the cache"))

    async with Router(configure(a=scripted("never", None)), plugins_with(Cache())) as router:
        done = await router.run(Task("hi"))
        store = router.store
    assert (done.text, done.trace.attempts, done.trace.notes) == ("from the cache", (), {"cache": "hit"})
    assert len(done.trace.id) == 32
    assert store.latest(1)[0]["id"] == done.trace.id


async def test_other_events_from_an_attempt_are_refused(configure: Callable[..., Config], plugins_with: Make) -> None:
    from aurarouter_hooks import Node

    layer = Tells("attempt", NodeStarted(node=Node(id="mine", kind="step")))
    async with Router(configure(a=scripted("x", None)), plugins_with(layer)) as router:
        with pytest.raises(PluginBrokenError, match="told NodeStarted"):
            await router.run(Task("hi"))


async def test_an_error_that_is_no_backends_ends_the_task_and_is_recorded(
    configure: Callable[..., Config], plugins_with: Make
) -> None:
    attempts: list[Any] = []
    plugins = plugins_with(
        Tells("attempt", BudgetError("all spent")), attempt_finished=lambda attempt: attempts.append(attempt)
    )
    async with Router(configure(a=scripted("x", None), b=scripted("y", None)), plugins) as router:
        with pytest.raises(BudgetError, match="all spent"):
            await router.run(Task("hi"))
        store = router.store
    assert [attempt.outcome for attempt in attempts] == ["error"]
    kept = store.latest(1)[0]["nodes"][-1]["attempts"]
    assert [attempt["error"]["type"] for attempt in kept] == ["BudgetError"]


@pytest.mark.parametrize("scope", ["task", "attempt"])
async def test_it_cannot_loosen_a_limit_or_change_the_model(
    configure: Callable[..., Config], plugins_with: Make, scope: str
) -> None:
    seen: list[Prompt] = []
    config = configure(
        roles={"coding": ["near"]},
        near={"provider": "here", "options": {"seen": seen}},
        far={"provider": "remote", "options": {"seen": seen}},
    )

    class Loosens(Layer):
        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            changed = evolve(call, constraint=Constraint())
            if call.model is not None:
                changed = evolve(changed, model=evolve(call.model, id="far", tags=frozenset({"private"})))
            async for event in proceed(changed):
                yield event

    async with Router(config, plugins_with(Loosens(scope))) as router:
        done = await router.run(Task("my secret", private=True))
    assert done.text == "near says hello"
    assert [prompt.private for prompt in seen] == [True]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"task": Task("my secret", private=True)}, PrivacyError),
        ({"constraint": Constraint(private=True)}, PrivacyError),
        ({"task": Task("hi", tags={"eu"})}, NoModelLeftError),
        ({"constraint": Constraint(models=())}, NoModelLeftError),
    ],
)
async def test_what_it_narrows_holds(
    configure: Callable[..., Config], plugins_with: Make, changes: dict[str, Any], kind: type[Exception]
) -> None:
    seen: list[Prompt] = []
    config = configure(far={"provider": "remote", "options": {"seen": seen}})
    async with Router(config, plugins_with(Layer("task", **changes))) as router:
        with pytest.raises(kind):
            await router.run(Task("hi"))
        store = router.store
    assert seen == []
    assert store.latest(1)[0]["private"] is (kind is PrivacyError)


@pytest.mark.parametrize("scope", ["task", "attempt"])
async def test_closing_early_closes_all_that_is_inside(
    configure: Callable[..., Config], make_plugin: Make, scope: str
) -> None:
    closed: list[str] = []

    class Patient(Provider):
        async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
            try:
                yield Chunk(text="wait")
                await asyncio.Event().wait()
            finally:
                closed.append("provider")

    brought = make_plugin(
        "p", register_providers=lambda: {"patient": Patient}, register_middleware=lambda: [Layer(scope)]
    )
    plugins = Plugins(discover=False, extra=[brought])
    async with Router(configure(a={"provider": "patient"}), plugins) as router:
        async with aclosing(router.stream(Task("hi"))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        assert closed == ["provider"]


@pytest.mark.parametrize("scope", ["task", "attempt"])
async def test_what_it_adds_is_looked_through_like_the_rest(
    configure: Callable[..., Config], plugins_with: Make, scope: str
) -> None:
    seen: list[Prompt] = []
    config = configure(far={"provider": "remote", "options": {"seen": seen}})

    class Adds(Layer):
        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            changed = evolve(call, task=evolve(call.task, context="the IBAN is 12"))
            if call.prompt is not None:
                changed = evolve(call, prompt=evolve(call.prompt, messages=(Message("user", "the IBAN is 12"),)))
            async for event in proceed(changed):
                yield event

    def look(task: Task) -> Constraint | None:
        return Constraint(private=True) if any("IBAN" in text for text in task.texts()) else None

    async with Router(config, plugins_with(Adds(scope), constrain_task=look)) as router:
        with pytest.raises(PrivacyError):
            await router.run(Task("hi"))
    assert seen == []


async def test_what_has_nothing_to_do_is_left_out(
    configure: Callable[..., Config], plugins_with: Make, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []

    class Idle(Layer):
        def acts(self, settings: Mapping[str, Any]) -> bool:
            return False

    class Confused(Layer):
        def acts(self, settings: Mapping[str, Any]) -> bool:
            return bool(settings["nowhere"])

    layers = Idle("task", 1, "idle", log), Confused("attempt", 2, "confused", log), Layer("task", 3, "other", log)
    plugins = plugins_with(*layers)
    async with Router(configure(a=scripted("yes", None)), plugins) as router:
        assert (await router.run(Task("hi"))).text == "yes"
    assert log == ["other", "confused"]
    assert "Confused can't say whether it acts" in caplog.text


class AsksAgain(Middleware):
    """Proceeds once more, and passes on what came of it before where it is told to."""

    def __init__(self, *, passes_on: bool) -> None:
        self.passes_on = passes_on

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        async for event in proceed(call):
            if self.passes_on and not isinstance(event, Done):
                yield event
        async for event in proceed(evolve(call, task=evolve(call.task, text="again"))):
            yield event


@pytest.mark.parametrize("mode", ["direct", "plan"])
@pytest.mark.parametrize("passes_on", [True, False])
async def test_all_that_a_task_did_stands_in_its_trace_when_a_middleware_proceeds_again(
    configure: Make, plugins_with: Make, mode: Any, *, passes_on: bool
) -> None:
    config = configure(
        roles={"coding": ["a"], "reasoning": ["a"]},
        system={"keep_content": True},
        a=scripted("1. write it", Usage(input_tokens=5, output_tokens=7)),
    )
    async with Router(config, plugins_with(AsksAgain(passes_on=passes_on))) as router:
        done = await router.run(Task("hi", mode=mode))
    ids = [node.id for node in done.trace.nodes]
    each = ["answer"] if mode == "direct" else ["plan", "step-1"]
    assert ids == ["analyse", *(f"{name}.1" for name in each), *each]
    assert {parent for node in done.trace.nodes for parent in node.parents} <= set(ids)
    assert done.usage == Usage(input_tokens=5 * 2 * len(each), output_tokens=7 * 2 * len(each))
    assert done.trace.nodes[-1].raw == "1. write it"
    assert (done.trace.nodes[len(each)].raw == "1. write it") is passes_on
