"""What the backend counted is paid for, whatever a middleware makes of its answers, and however wrong these are."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.cashbook import NANO
from aurarouter_hooks import Call, Chunk, Delta, Event, Middleware, Proceed, Provider, ToolCallDelta, Trace, Usage

Configure = Callable[..., Config]
BUDGET = {"per_day": 1.0, "max_output": 100}
PRICE = {"input": 1.0, "output": 10.0}
USAGE = Usage(input_tokens=1000, output_tokens=50)
ONCE = (1000 * 1 + 50 * 10) / 1e6
"""US dollars of that."""


class Twice(Middleware):
    """Has the model asked again and passes on what it says then."""

    scope = "attempt"

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        async for _ in proceed(call):
            pass
        async for event in proceed(call):
            yield event


class WithoutEnd(Middleware):
    """Passes on the first piece of an answer alone, and an end of its own."""

    scope = "attempt"

    async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        async for event in proceed(call):
            if not isinstance(event, Delta) or event.chunk.text:
                yield event
        yield Delta(chunk=Chunk(finish="stop"))


def script(*items: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": items}, "price": PRICE}


def money(home: Path) -> tuple[float, int]:
    """US dollars that were settled, and how many reservations are open."""
    with closing(sqlite3.connect(home / "money.db")) as connection:
        (spent,) = connection.execute("SELECT coalesce(sum(amount), 0) FROM spent").fetchone()
        (still,) = connection.execute("SELECT count(*) FROM reserved").fetchone()
    return spent / NANO, still


@pytest.mark.parametrize(("layer", "times"), [(Twice, 2), (WithoutEnd, 1)])
async def test_all_that_the_backend_counted_is_paid_for(
    configure: Configure, make_plugin: Any, providers: object, home: Path, layer: type[Middleware], times: int
) -> None:
    plugins = Plugins(discover=False, extra=[providers, make_plugin("p", register_middleware=lambda: [layer()])])
    async with Router(configure(budget=BUDGET, a=script("hello", USAGE)), plugins) as router:
        done = await router.run(Task("hi"))
    assert done.text == "hello"
    assert done.usage == Usage(input_tokens=1000 * times, output_tokens=50 * times)
    assert done.trace.cost == pytest.approx(ONCE * times)
    spent, still = money(home)
    assert spent == pytest.approx(ONCE * times)
    assert not still


async def test_what_was_not_counted_costs_all_that_was_set_aside(
    configure: Configure, make_plugin: Any, providers: object, home: Path
) -> None:
    plugins = Plugins(discover=False, extra=[providers, make_plugin("p", register_middleware=lambda: [Twice()])])
    async with Router(configure(budget=BUDGET, a=script("hello", None)), plugins) as router:
        await router.run(Task("hi"))
    spent, still = money(home)
    assert spent >= 2 * 100 * 10 / 1e6, "two answers of the longest kind"
    assert not still


def streaming(*chunks: Any) -> type[Provider]:
    class Odd(Provider):
        async def stream(self, prompt: Any) -> AsyncIterator[Any]:
            for chunk in chunks:
                yield chunk

    return Odd


@pytest.mark.parametrize(
    "chunks",
    [
        ["hello"],
        [Chunk(text="hello"), "more"],
        [Chunk(text=b"hello", finish="stop")],  # type: ignore[arg-type]
        [Chunk(text="hello"), Chunk(text=None, finish="stop")],  # type: ignore[arg-type]
        [Chunk(text="hello"), Chunk(finish="stop", usage={"input_tokens": 1})],  # type: ignore[arg-type]
        [Chunk(tool_calls=(ToolCallDelta(index=0, arguments={"a": 1}),), finish="tool_calls")],  # type: ignore[arg-type]
        [Chunk(tool_calls=(ToolCallDelta(index="0"), ToolCallDelta(index=1)), finish="stop")],  # type: ignore[arg-type]
    ],
)
async def test_a_stream_of_something_else_is_a_fault_that_stands_in_the_trace(
    configure: Configure, make_plugin: Any, home: Path, chunks: list[Any]
) -> None:
    told: list[Trace] = []
    odd = make_plugin(
        "odd",
        register_providers=lambda: {"odd": streaming(*chunks)},
        task_finished=lambda trace: told.append(trace),
    )
    config = configure(budget=BUDGET, a={"provider": "odd", "price": PRICE})
    async with Router(config, Plugins(discover=False, extra=[odd])) as router:
        with pytest.raises((TypeError, AttributeError)):
            await router.run(Task("hi"))
    assert [attempt.outcome for attempt in told[0].attempts] == ["error"]
    assert money(home)[1] == 0
