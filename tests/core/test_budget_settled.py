"""What an attempt cost is settled however it ends: answered, failed, half written, cancelled, or heard no more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    Chunk,
    Delta,
    Message,
    ProviderAuthError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    ToolCall,
    ToolResult,
    Usage,
)
from budget_runs import ROOMY, rows, run, script

Configure = Callable[..., Config]


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


def _free() -> dict[str, Any]:
    return script("free of charge", None, price={})


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
