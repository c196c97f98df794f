"""Who cancels or leaves a task is rid of it, whatever a clean-up raises; a stray cancellation is a fault."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task
from aurarouter_hooks import (
    AttemptStarted,
    Call,
    Chunk,
    Delta,
    Event,
    Health,
    Location,
    Middleware,
    Proceed,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    Trace,
)

Make = Callable[..., Any]
HOUR = 3600.0
told: list[Trace] = []


class Fails(Provider):
    """Says a word where it is told to, waits, and fails to hang up."""

    async def generate(self, prompt: Prompt) -> Any:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        try:
            if self.model.options["speaks"]:
                yield Chunk(text="one")
            self.model.options["began"].append(True)
            await asyncio.sleep(HOUR)
        finally:
            raise self.model.options["error"](f"can't hang up after {prompt.text}")


class Slow(Provider):
    """Takes a moment for all, also to say that it is here."""

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        yield Chunk(text="one")
        await asyncio.sleep(0.01)
        yield Chunk(text="two", finish="stop")

    async def where(self) -> Location:
        await asyncio.sleep(0.01)
        return Location(kind="process")


class Stray(Provider):
    """Waits for work of its own that was cancelled."""

    async def generate(self, prompt: Prompt) -> Reply:
        await cancelled()
        raise AssertionError("it never comes so far")


class Untidy(Middleware):
    """Fails to clean up."""

    scope = "attempt"

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        try:
            async for event in proceed(call):
                yield event
        finally:
            raise ProviderUnavailableError("untidy")


class Garbled(Middleware):
    """Answers by itself, and no sense."""

    scope = "attempt"

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        yield Delta(chunk=Chunk(text="one", reasoning=5))  # type: ignore[arg-type]


async def cancelled() -> None:
    work = asyncio.create_task(asyncio.sleep(HOUR))
    await asyncio.sleep(0)
    work.cancel()
    await work


@pytest.fixture
def plugins(make_plugin: Make, providers: object, request: pytest.FixtureRequest) -> Plugins:
    """The testing providers, those above, and the middleware of the test."""
    kinds = {"fails": Fails, "stray": Stray, "slow": Slow}
    hooks = {
        "register_middleware": lambda: list(getattr(request, "param", ())),
        "task_finished": lambda trace: told.append(trace),
    }
    told.clear()
    return Plugins(discover=False, extra=[providers, make_plugin("late", register_providers=lambda: kinds, **hooks)])


def failing(error: type[Exception], began: list[bool], *, speaks: bool) -> dict[str, Any]:
    return {"provider": "fails", "options": {"error": error, "speaks": speaks, "began": began}}


@pytest.mark.parametrize("error", [ProviderUnavailableError, ValueError])
@pytest.mark.parametrize("speaks", [True, False])
async def test_a_cancelled_task_asks_nobody_else(
    configure: Make, plugins: Plugins, error: type[Exception], *, speaks: bool
) -> None:
    seen: list[Prompt] = []
    began: list[bool] = []
    next_one = {"provider": "here", "options": {"seen": seen}}
    async with Router(configure(a=failing(error, began, speaks=speaks), b=next_one), plugins) as router:
        asking = asyncio.create_task(router.run(Task("hi")))
        while not began:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not router.pool.states.refusals(), "the model is not at fault"
    assert not seen


@pytest.mark.parametrize("error", [ProviderUnavailableError, ValueError])
async def test_who_leaves_early_hears_of_no_clean_up(
    configure: Make, plugins: Plugins, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    async with Router(configure(a=failing(error, [], speaks=True)), plugins) as router:
        async with aclosing(router.stream(Task("hi there"))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        (fault,) = router.plugins.guard.faults
        assert (fault.plugin, fault.hook) == ("fails", "a stream's clean-up")
        assert error.__name__ in fault.error
    assert [attempt.outcome for attempt in told[0].attempts] == ["cancelled"]
    assert "hi there" not in caplog.text


@pytest.mark.parametrize("plugins", [[Untidy()]], indirect=True)
async def test_a_middleware_that_fails_to_clean_up_says_so_itself(configure: Make, plugins: Plugins) -> None:
    script = {"provider": "scripted", "options": {"script": ["one", "two", None]}}
    async with Router(configure(a=script, b=script), plugins) as router:
        events = router.stream(Task("hi"))
        while not isinstance(await anext(events), Delta):
            pass
        with pytest.raises(ProviderUnavailableError, match="untidy"):
            await events.aclose()


@pytest.mark.parametrize(("kind", "private"), [(Delta, False), (AttemptStarted, True)])
async def test_who_reads_may_cancel_its_own_task(
    configure: Make, plugins: Plugins, kind: type[Event], *, private: bool
) -> None:
    async def reading() -> None:
        task = asyncio.current_task()
        assert task is not None
        async with aclosing(router.stream(Task("hi", private=private))) as events:
            async for event in events:
                if isinstance(event, kind):
                    task.cancel()

    async with Router(configure(a={"provider": "slow"}), plugins) as router:
        asking = asyncio.create_task(reading())
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert [attempt.outcome for attempt in told[0].attempts] == ["cancelled"]


async def test_who_is_interrupted_closes_its_models_whatever_a_plugin_does_then(
    configure: Make, make_plugin: Make
) -> None:
    closed: list[str] = []

    class Closing(Provider):
        async def generate(self, prompt: Prompt) -> Reply:
            return Reply(text="well")

        async def aclose(self) -> None:
            closed.append(self.model.id)

    async def trips(kernel: object) -> None:
        await cancelled()

    plugin = make_plugin("p", register_providers=lambda: {"closing": Closing}, kernel_stopping=trips)

    async def working() -> None:
        async with Router(configure(a={"provider": "closing"}), Plugins(discover=False, extra=[plugin])) as router:
            await router.run(Task("hi"))
            done.set()
            await asyncio.sleep(HOUR)

    done = asyncio.Event()
    work = asyncio.create_task(working())
    await done.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert closed == ["a"]


@pytest.mark.parametrize("plugins", [[Garbled()]], indirect=True)
async def test_of_an_answer_that_makes_no_sense_all_is_told(configure: Make, plugins: Plugins) -> None:
    heard: list[Event] = []
    async with Router(configure(a={"provider": "stray"}), plugins) as router:
        with pytest.raises(TypeError, match="must be str"):
            await router.run(Task("hi"), hear=heard.append)
    kinds = [type(event).__name__ for event in heard]
    assert kinds == ["NodeStarted", "AttemptStarted", "Committed", "AttemptFailed", "NodeFinished"]


async def test_a_cancellation_that_nobody_asked_for_is_a_fault(configure: Make, plugins: Plugins) -> None:
    async with Router(configure(a={"provider": "stray"}), plugins) as router:
        with pytest.raises(RuntimeError, match="from within"):
            await router.run(Task("hi"))


async def test_a_plugin_that_trips_over_its_own_cancelled_work_keeps_nobody_from_closing(
    configure: Make, make_plugin: Make, providers: object
) -> None:
    ended: list[str] = []

    class Clumsy(Provider):
        async def generate(self, prompt: Prompt) -> Reply:
            return Reply(text="well")

        async def health(self) -> Health:
            await cancelled()
            return Health(state="healthy")

        async def where(self) -> Location:
            await cancelled()
            return Location(kind="process")

        async def aclose(self) -> None:
            ended.append(self.model.id)
            await cancelled()

    async def trips(kernel: object) -> None:
        await cancelled()

    async def stops(kernel: object) -> None:
        ended.append("the other plugin")

    clumsy = make_plugin(
        "clumsy", register_providers=lambda: {"clumsy": Clumsy}, kernel_started=trips, kernel_stopping=trips
    )
    both = Plugins(discover=False, extra=[providers, clumsy, make_plugin("tidy", kernel_stopping=stops)])
    here = {"provider": "here", "options": {"seen": []}}
    async with Router(configure(a={"provider": "clumsy"}, b=here), both) as router:
        assert (await router.run(Task("hi"))).text == "well"
        assert (await router.health())["a"].state == "down"
        assert (await router.run(Task("hi", private=True))).text == "b says hello"
    assert ended == ["the other plugin", "a"]
    assert [fault.hook for fault in both.guard.faults] == ["kernel_started", "kernel_stopping"]


async def test_answers_of_the_wrong_kind_harm_no_other_model(
    configure: Make, make_plugin: Make, providers: object
) -> None:
    class Vague(Provider):
        async def health(self) -> Any:
            return "fine"

        async def where(self) -> Any:
            return "here"

    vague = make_plugin("vague", register_providers=lambda: {"vague": Vague})
    here = {"provider": "here", "options": {"seen": []}}
    plugins = Plugins(discover=False, extra=[providers, vague])
    async with Router(configure(a={"provider": "vague"}, b=here), plugins) as router:
        assert (await router.run(Task("hi", private=True))).text == "b says hello"
        health = await router.health()
    assert (health["a"].state, health["b"].state) == ("down", "unknown")
