"""The clocks of an attempt measure the backend, not whoever reads its answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task
from aurarouter_core.clocks import timed
from aurarouter_hooks import Chunk, Delta, ProviderTimeoutError, Timeouts


async def words(*, pause: float = 0.0) -> AsyncIterator[Chunk]:
    for word in ("one", "two", "three"):
        await asyncio.sleep(pause)
        yield Chunk(text=word)
    yield Chunk(finish="stop")


async def read(chunks: AsyncIterator[Chunk], pause: float) -> str:
    said = ""
    async for chunk in chunks:
        await asyncio.sleep(pause)
        said += chunk.text
    return said


async def test_a_reader_who_takes_his_time_ends_no_answer() -> None:
    assert await read(timed(words(pause=0.001), Timeouts(total=0.2), None), 0.1) == "onetwothree"


async def test_a_backend_that_takes_its_time_is_still_ended() -> None:
    with pytest.raises(ProviderTimeoutError, match=r"no end after 0\.2 s"):
        await read(timed(words(pause=0.15), Timeouts(total=0.2), None), 0.05)


async def test_the_tasks_deadline_waits_for_nobody() -> None:
    deadline = asyncio.get_running_loop().time() + 0.2
    with pytest.raises(ProviderTimeoutError, match="deadline"):
        await read(timed(words(pause=0.001), Timeouts(total=60), deadline), 0.15)


async def test_a_slow_reader_is_no_fault_of_the_model(configure: Callable[..., Any], plugins: Plugins) -> None:
    pause: Callable[[], Any] = lambda: asyncio.sleep(0.001)  # noqa: E731
    entry = {"provider": "scripted", "timeout": 0.2, "options": {"script": ["one", pause, "two", pause, None]}}
    async with Router(configure(a=entry), plugins) as router:
        async for event in router.stream(Task("hi")):
            if isinstance(event, Delta):
                await asyncio.sleep(0.25)
        assert not router.pool.states.refusals()
