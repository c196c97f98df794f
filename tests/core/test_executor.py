"""The executor: fallback, the commit point, observers, and what is left when no model is."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Capabilities,
    Committed,
    Delta,
    Done,
    Event,
    NodeFinished,
    NodeStarted,
    NoModelLeftError,
    PluginMissingError,
    Provider,
    ProviderAuthError,
    ProviderUnavailableError,
    Tool,
    Usage,
)

GRAMMAR: dict[type[Event], set[type[Event]]] = {
    NodeStarted: {AttemptStarted},
    AttemptStarted: {Committed, AttemptFailed},
    Committed: {Delta},
    Delta: {Delta, AttemptDone, AttemptFailed},
    AttemptFailed: {AttemptStarted, NodeFinished},
    AttemptDone: {NodeFinished},
    NodeFinished: {Done},
}


async def events_of(router: Router, task: Task) -> list[Event]:
    """All events of a task, checked against the documented grammar."""
    seen: list[Event] = []
    async for event in router.stream(task):
        if seen:
            assert type(event) in GRAMMAR[type(seen[-1])]
        seen.append(event)
    assert isinstance(seen[0], NodeStarted)
    return seen


def scripted(*script: object, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": list(script)}, **more}


async def test_an_answer_and_its_trace(configure: Callable[..., Config], plugins: Plugins) -> None:
    async with Router(configure(a=scripted("Hel", "lo", None)), plugins) as router:
        events = await events_of(router, Task("hi"))
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.text, done.complete, done.reply.finish) == ("Hello", True, "stop")
    assert [type(event).__name__ for event in events] == [
        "NodeStarted", "AttemptStarted", "Committed", "Delta", "Delta", "Delta", "AttemptDone", "NodeFinished", "Done",
    ]  # fmt: skip
    assert [node.kind for node in done.trace.nodes] == ["analyse", "answer"]
    (attempt,) = done.trace.attempts
    assert attempt.outcome == "ok"
    assert attempt.usage == Usage(input_tokens=1, output_tokens=2, estimated=True)
    assert done.usage == attempt.usage
    assert attempt.first_token is not None
    assert 0 < attempt.first_token <= attempt.seconds <= done.trace.seconds


@pytest.mark.promise("file-format.22")
@pytest.mark.promise("performance.2")
@pytest.mark.promise("future.7")
async def test_the_chain_goes_on_until_one_answers(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        dead=scripted(ProviderUnavailableError("nobody home")),
        locked=scripted(ProviderAuthError("wrong key")),
        empty=scripted(None),
        good=scripted("yes", None),
        spare=scripted("never", None),
    )
    async with Router(config, plugins) as router:
        done = (await events_of(router, Task("hi")))[-1]
    assert isinstance(done, Done)
    assert done.text == "yes"
    assert [(attempt.model, attempt.outcome) for attempt in done.trace.attempts] == [
        ("dead", "failed"), ("locked", "failed"), ("empty", "failed"), ("good", "ok"),
    ]  # fmt: skip
    errors = [attempt.error.message for attempt in done.trace.attempts if attempt.error]
    assert errors == ["nobody home", "wrong key", "the answer is empty"]
    assert done.complete


@pytest.mark.parametrize("others", [{}, {"down": ProviderUnavailableError("down")}])
async def test_no_words_are_an_answer_where_nobody_has_more(
    configure: Callable[..., Config], plugins: Plugins, others: dict[str, Any]
) -> None:
    models = {name: scripted(error) for name, error in others.items()}
    async with Router(configure(mute=scripted(Usage(input_tokens=7)), **models), plugins) as router:
        done = (await events_of(router, Task("hi")))[-1]
    assert isinstance(done, Done)
    assert (done.text, done.complete, done.reply.finish, done.usage.input_tokens) == ("", True, "stop", 7)
    assert [attempt.outcome for attempt in done.trace.attempts] == ["failed"] * (1 + len(others))
    assert done.trace.nodes[-1].outcome == "ok"


async def test_a_stream_that_says_nothing_at_all_is_no_answer(
    configure: Callable[..., Config], plugins: Plugins
) -> None:
    async with Router(configure(gone=scripted()), plugins) as router:
        with pytest.raises(AllModelsFailedError, match="the answer is empty"):
            await router.run(Task("hi"))


async def test_when_all_fail_one_error_says_all(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        a=scripted(ProviderUnavailableError("no", hint="Start it.")), b=scripted(ProviderUnavailableError("nor I"))
    )
    async with Router(config, plugins) as router:
        with pytest.raises(AllModelsFailedError, match="a: no; b: nor I") as caught:
            await router.run(Task("hi"))
    assert [attempt.model for attempt in caught.value.attempts] == ["a", "b"]
    assert caught.value.hint == "Start it."


async def test_after_the_first_token_nobody_takes_over(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        half=scripted("Once upon", ProviderUnavailableError("connection lost")), other=scripted("a time", None)
    )
    async with Router(config, plugins) as router:
        done = (await events_of(router, Task("hi")))[-1]
    assert isinstance(done, Done)
    assert (done.text, done.complete) == ("Once upon", False)
    assert done.trace.complete is False
    assert done.trace.error is not None
    assert done.trace.error.message == "connection lost"
    assert [attempt.outcome for attempt in done.trace.attempts] == ["incomplete"]


async def test_a_stream_that_just_stops_is_incomplete(configure: Callable[..., Config], plugins: Plugins) -> None:
    async with Router(configure(a=scripted("Once upon")), plugins) as router:
        done = await router.run(Task("hi"))
    assert done.complete is False


async def test_a_fault_in_a_provider_is_not_swallowed(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(a=scripted(ZeroDivisionError("a bug")), b=scripted("never", None))
    async with Router(config, plugins) as router:
        with pytest.raises(ZeroDivisionError):
            await router.run(Task("hi"))


async def test_nothing_configured_and_nothing_left(configure: Callable[..., Config], plugins: Plugins) -> None:
    async with Router(configure(roles={"coding": []}), plugins) as router:
        with pytest.raises(NoModelLeftError, match="names no model"):
            await router.run(Task("hi"))
    async with Router(configure(a={"provider": "absent"}), plugins) as router:
        with pytest.raises(PluginMissingError, match="no installed plugin brings the provider 'absent'"):
            await router.run(Task("hi"))
    async with Router(configure(a={"provider": "here"}), plugins) as router:
        with pytest.raises(NoModelLeftError, match="it lacks the tag huge") as caught:
            await router.run(Task("hi", tags={"huge"}))
        assert set(caught.value.vetoes) == {"a"}


async def test_observers_that_raise_change_nothing(
    configure: Callable[..., Config], make_plugin: Any, providers: object
) -> None:
    def boom(*_: object) -> None:
        raise ValueError("deliberate")

    watcher = make_plugin(
        "watcher",
        decision_made=lambda decision: boom(),
        attempt_finished=lambda attempt: boom(),
        task_finished=lambda trace: boom(),
    )
    plugins = Plugins(discover=False, extra=[providers, watcher])
    async with Router(configure(a=scripted("yes", None)), plugins) as router:
        assert (await router.run(Task("hi"))).text == "yes"
        store = router.store
    assert {(plugin, hook) for plugin, hook, *_ in store.faults()} == {
        ("watcher", "decision_made"), ("watcher", "attempt_finished"), ("watcher", "task_finished"),
    }  # fmt: skip


async def test_a_provider_that_says_it_has_no_tools_is_not_asked_for_them(
    configure: Callable[..., Config], make_plugin: Any, providers: object
) -> None:
    class Plain(Provider):
        def capabilities(self) -> Capabilities:
            return Capabilities(names=frozenset({"stream"}))

    plugins = Plugins(discover=False, extra=[providers, make_plugin("p", register_providers=lambda: {"plain": Plain})])
    async with Router(configure(a={"provider": "plain"}, b=scripted("yes", None)), plugins) as router:
        done = await router.run(Task("look it up", tools=[Tool(name="search")]))
        assert done.text == "yes"
        error = done.trace.attempts[0].error
        assert error is not None
        assert "its provider can't do tools" in error.message
        with pytest.raises(NoModelLeftError, match="its provider can't do tools"):
            await router.run(Task("look it up", tools=[Tool(name="search")], model="a"))
