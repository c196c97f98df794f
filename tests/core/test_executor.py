"""The executor: fallback, the commit point, clocks, cancellation, middleware, and the limits at every attempt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    AssetSource,
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Capabilities,
    Chunk,
    Committed,
    Delta,
    Done,
    Event,
    Location,
    NodeFinished,
    NodeStarted,
    NoModelLeftError,
    PluginMissingError,
    PrivacyError,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Reply,
    Tool,
    Usage,
    hookimpl,
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


async def forever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("entry", "why"),
    [({"timeout": 0.05}, "no end after 0.05 s"), ({"first_token_timeout": 0.05}, "no first token after 0.05 s")],
)
async def test_clocks_of_one_attempt(
    configure: Callable[..., Config], plugins: Plugins, entry: dict[str, float], why: str
) -> None:
    config = configure(slow=scripted(forever, **entry), good=scripted("yes", None))
    async with Router(config, plugins) as router:
        done = await router.run(Task("hi"))
    error = done.trace.attempts[0].error
    assert error is not None
    assert (error.type, error.message) == ("ProviderTimeoutError", why)
    assert done.text == "yes"


async def test_the_deadline_of_the_task_ends_the_chain(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(slow=scripted(forever), never=scripted("too late", None))
    async with Router(config, plugins) as router:
        with pytest.raises(AllModelsFailedError, match="the task's deadline passed") as caught:
            await router.run(Task("hi", deadline=0.05))
    assert len(caught.value.attempts) == 1


async def test_cancelling_closes_the_stream_and_keeps_a_trace(
    configure: Callable[..., Config], plugins: Plugins, make_plugin: Any, providers: object
) -> None:
    closed: list[str] = []
    finished: list[Any] = []

    class Patient(Provider):
        async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
            try:
                yield Chunk(text="wait")
                await forever()
            finally:
                closed.append(self.model.id)

    both = Plugins(
        discover=False,
        extra=[
            make_plugin(
                "p", register_providers=lambda: {"patient": Patient}, task_finished=lambda trace: finished.append(trace)
            )
        ],
    )
    async with Router(configure(a={"provider": "patient"}), both) as router:
        started = asyncio.Event()

        async def watch() -> None:
            async for event in router.stream(Task("hi")):
                if isinstance(event, Delta):
                    started.set()

        task = asyncio.create_task(watch())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert closed == ["a"]
    (trace,) = finished
    assert [attempt.outcome for attempt in trace.attempts] == ["cancelled"]
    assert trace.complete is False


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


@pytest.mark.promise("file-format.17")
async def test_private_content_goes_to_cleared_models_only(configure: Callable[..., Config], plugins: Plugins) -> None:
    seen: dict[str, list[Prompt]] = {"far": [], "near": []}
    config = configure(
        far={"provider": "remote", "options": {"seen": seen["far"]}},
        near={"provider": "here", "options": {"seen": seen["near"]}},
    )
    async with Router(config, plugins) as router:
        done = await router.run(Task("my secret", private=True))
        assert done.text == "near says hello"
        assert done.trace.private
        with pytest.raises(PrivacyError, match=r"far: .*api\.example\.com"):
            await router.run(Task("my secret", private=True, model="far"))
    assert seen["far"] == []
    (prompt,) = seen["near"]
    assert prompt.private
    assert prompt.location == Location(kind="process")


class Moves(Provider):
    """Runs here when asked the first time, elsewhere ever after."""

    asked = 0

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("private content arrived elsewhere")

    async def where(self) -> Location:
        type(self).asked += 1
        return Location(kind="process") if type(self).asked == 1 else Location(kind="remote", host="moved.example")


async def test_the_place_is_checked_again_right_before_each_attempt(
    configure: Callable[..., Config], make_plugin: Any, providers: object
) -> None:
    plugins = Plugins(discover=False, extra=[providers, make_plugin("m", register_providers=lambda: {"moves": Moves})])
    seen: list[Prompt] = []
    config = configure(a={"provider": "moves"}, near={"provider": "here", "options": {"seen": seen}})
    async with Router(config, plugins) as router:
        done = await router.run(Task("my secret", private=True))
    assert done.text == "near says hello"
    first = done.trace.attempts[0]
    assert first.model == "a"
    assert first.error is not None
    assert first.error.type == "PrivacyError"


async def test_a_place_that_cannot_be_found_out_counts_as_elsewhere(
    configure: Callable[..., Config], make_plugin: Any
) -> None:
    class Lost(Provider):
        async def where(self) -> Location:
            raise OSError("no resolver")

    plugins = Plugins(discover=False, extra=[make_plugin("l", register_providers=lambda: {"lost": Lost})])
    async with Router(configure(a={"provider": "lost"}), plugins) as router:
        with pytest.raises(PrivacyError, match="unknown place"):
            await router.run(Task("my secret", private=True))


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


async def test_empty_chunks_do_not_wind_the_first_tokens_clock(configure: Callable[..., Config]) -> None:
    class Drips(Provider):
        async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
            for _ in range(100):
                await asyncio.sleep(0.02)
                yield Chunk()
            yield Chunk(text="late", finish="stop")

    class Brings:
        @hookimpl
        def register_providers(self) -> dict[str, type[Provider]]:
            return {"drips": Drips}

    config = configure(a={"provider": "drips", "first_token_timeout": 0.1})
    async with Router(config, Plugins(discover=False, extra=[Brings()])) as router:
        with pytest.raises(AllModelsFailedError, match="no first token after"):
            await router.run(Task("hi"))


@pytest.mark.parametrize("slow", ["where", "fetch"])
async def test_the_deadline_covers_all_that_comes_before_the_answer(
    configure: Callable[..., Config], make_plugin: Any, slow: str
) -> None:
    class Slow(Provider):
        async def where(self) -> Location:
            await forever()
            raise AssertionError

    class Source(AssetSource):
        async def fetch(self, spec: Any, folder: Any, progress: Any) -> Any:
            await forever()

    brought = make_plugin(
        "s", register_providers=lambda: {"slow": Slow}, register_asset_sources=lambda: {"slow": Source}
    )
    entry = {"provider": "slow"} | ({"asset": {"source": "slow:x", "file": "x.gguf"}} if slow == "fetch" else {})
    plugins = Plugins(discover=False, extra=[brought])
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with Router(configure(a=entry), plugins) as router:
        with pytest.raises((ProviderTimeoutError, AllModelsFailedError), match="the task's deadline passed"):
            await router.run(Task("hi", private=slow == "where", deadline=0.1))
    assert loop.time() - began < 5  # where() alone would be given ten seconds


async def test_the_words_of_a_plugins_exception_are_not_repeated(
    configure: Callable[..., Config], make_plugin: Any, providers: object, caplog: pytest.LogCaptureFixture
) -> None:
    def boom(task: Task) -> None:
        raise ValueError(f"cannot score {task.text}")

    plugins = Plugins(discover=False, extra=[providers, make_plugin("boom", score_models=lambda task: boom(task))])
    with caplog.at_level("DEBUG"):
        async with Router(configure(a=scripted("yes", None)), plugins) as router:
            await router.run(Task("my password is hunter2"))
            store = router.store
    assert "hunter2" not in caplog.text
    ((_, hook, error, *_),) = store.faults()
    assert hook == "score_models"
    assert error.startswith("ValueError: raised in test_executor.py, line ")


async def test_a_private_tasks_errors_are_kept_without_their_words(
    configure: Callable[..., Config], plugins: Plugins
) -> None:
    config = configure(a=scripted(ProviderUnavailableError("can't read 'hunter2'"), tags=["private"]))
    async with Router(config, plugins) as router:
        with pytest.raises(AllModelsFailedError, match="hunter2"):
            await router.run(Task("my password is hunter2", private=True))
        store = router.store
    assert "hunter2" not in str(store.latest(1))
    assert store.latest(1)[0]["error"]["type"] == "AllModelsFailedError"


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
