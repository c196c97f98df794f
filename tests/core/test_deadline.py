"""A task ends at its deadline, whoever sleeps: middleware before or behind a model, and clean-ups that never end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task
from aurarouter_core.clocks import timed, within
from aurarouter_hooks import (
    AllModelsFailedError,
    Call,
    Chunk,
    Delta,
    Done,
    Event,
    Middleware,
    Proceed,
    Prompt,
    Provider,
    ProviderTimeoutError,
    Timeouts,
)

Make = Callable[..., Any]
HOUR = 3600.0
SOON = 0.8
"""Seconds: much less than an hour, and less than a clean-up gets where there is no deadline."""


class Hangs(Provider):
    """Streams a word or none, waits, and cleans up for an hour."""

    async def generate(self, prompt: Prompt) -> Any:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        try:
            if self.model.options.get("speaks"):
                yield Chunk(text="one")
            await asyncio.sleep(HOUR if self.model.options.get("waits", True) else 0)
            yield Chunk(finish="stop")
        finally:
            await asyncio.sleep(HOUR)


class Sleeps(Middleware):
    """Sleeps before or after it goes on, and cleans up for as long as told."""

    order = 0

    def __init__(self, scope: Any, *, before: float = 0, after: float = 0, cleaning: float = 0) -> None:
        self.scope, self.before, self.after, self.cleaning = scope, before, after, cleaning

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        try:
            await asyncio.sleep(self.before)
            async for event in proceed(call):
                yield event
                await asyncio.sleep(self.after if isinstance(event, Delta) else 0)
        finally:
            await asyncio.sleep(self.cleaning)


@pytest.fixture
def plugins(make_plugin: Make, providers: object, request: pytest.FixtureRequest) -> Plugins:
    """The testing providers, one that hangs, and the middleware of the test."""
    layers = list(getattr(request, "param", ()))
    brought = make_plugin("late", register_providers=lambda: {"hangs": Hangs}, register_middleware=lambda: layers)
    return Plugins(discover=False, extra=[providers, brought])


async def ask(router: Router) -> tuple[Done | Exception, float]:
    """What came of a task with a deadline of a tenth of a second, and after how many seconds."""
    began = time.perf_counter()
    try:
        outcome: Done | Exception = await router.run(Task("hi", deadline=0.1))
    except (AllModelsFailedError, ProviderTimeoutError) as error:
        outcome = error
    return outcome, time.perf_counter() - began


@pytest.mark.parametrize(
    "plugins",
    [
        [Sleeps("attempt", before=HOUR)],
        [Sleeps("attempt", before=HOUR, cleaning=HOUR)],
        [Sleeps("task", before=HOUR)],
        [Sleeps("task", before=HOUR, cleaning=HOUR)],
        [Sleeps("task", cleaning=HOUR), Sleeps("attempt", cleaning=HOUR)],
    ],
    indirect=True,
)
async def test_middleware_ends_with_the_task(configure: Make, plugins: Plugins) -> None:
    async with Router(configure(a={"provider": "hangs"}), plugins) as router:
        outcome, seconds = await ask(router)
    assert "deadline" in str(outcome)
    assert seconds < SOON


@pytest.mark.parametrize("plugins", [[Sleeps("attempt", after=HOUR)]], indirect=True)
async def test_what_was_shown_by_then_is_the_incomplete_answer(configure: Make, plugins: Plugins) -> None:
    script = {"provider": "scripted", "options": {"script": ["one", "two", None]}}
    async with Router(configure(a=script), plugins) as router:
        outcome, seconds = await ask(router)
    assert isinstance(outcome, Done)
    assert (outcome.text, outcome.complete) == ("one", False)
    assert seconds < SOON


@pytest.mark.parametrize("options", [{}, {"speaks": True}, {"speaks": True, "waits": False}])
async def test_a_clean_up_that_hangs_is_cut_off_and_counted(
    configure: Make, plugins: Plugins, options: dict[str, bool]
) -> None:
    tasks = asyncio.all_tasks()
    async with Router(configure(a={"provider": "hangs", "options": options}), plugins) as router:
        outcome, seconds = await ask(router)
        assert "deadline" in str(outcome) or isinstance(outcome, Done)
        assert seconds < SOON
        faults = router.plugins.guard.faults
    assert {(fault.plugin, fault.hook) for fault in faults} == {("hangs", "a stream's clean-up")}
    if isinstance(outcome, Done):
        assert outcome.complete is not options.get("waits", True), "an answer that came to its end is whole"
    assert asyncio.all_tasks() == tasks


async def test_without_a_deadline_a_clean_up_is_cut_off_as_well(
    configure: Make, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_core.alarm.CLEANUP", 0.05)
    entry = {"provider": "hangs", "options": {"speaks": True}, "between_tokens_timeout": 0.05}
    async with Router(configure(a=entry), plugins) as router:
        done = await router.run(Task("hi"))
        assert (done.text, done.complete) == ("one", False)
        async with aclosing(router.stream(Task("hi"))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        assert len(router.plugins.guard.faults) == 2


async def test_a_stream_that_never_waits_is_ended_too() -> None:
    async def endless() -> AsyncIterator[Chunk]:
        while True:
            yield Chunk(text="more")

    deadline = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(ProviderTimeoutError, match="deadline"):
        [chunk async for chunk in timed(endless(), Timeouts(), deadline)]


async def test_one_that_goes_on_after_it_was_cancelled_is_late_all_the_same() -> None:
    async def stubborn() -> AsyncIterator[str]:
        try:
            await asyncio.sleep(HOUR)
        except asyncio.CancelledError:
            yield "what of it"

    deadline = asyncio.get_running_loop().time() + 0.05
    with pytest.raises(ProviderTimeoutError, match="deadline"):
        [item async for item in within(stubborn(), deadline)]
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_who_is_cancelled_meanwhile_stays_cancelled() -> None:
    async def slow() -> AsyncIterator[str]:
        await asyncio.sleep(HOUR)
        yield "never"

    async def read() -> None:
        async for _ in within(slow(), asyncio.get_running_loop().time() + 60):
            pass

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
