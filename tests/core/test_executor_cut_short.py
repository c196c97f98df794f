"""A task that is cut short: by a clock of one attempt, by its own deadline, or by whoever asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    AssetSource,
    Chunk,
    Delta,
    Location,
    Prompt,
    Provider,
    ProviderTimeoutError,
    hookimpl,
)


def scripted(*script: object, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": list(script)}, **more}


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
