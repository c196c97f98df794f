"""The llamacpp provider is stopped: cancelled, left, closed, forgotten."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from aurarouter_hooks import (
    ProviderUnavailableError,
)
from aurarouter_llamacpp.provider import LlamaCppProvider
from llamacpp_prompts import ask, threads

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]


async def test_closing_a_stream_early_leaves_the_model_ready(make: Make) -> None:
    provider = make()
    async with aclosing(provider.stream(ask("Tell me everything.", max_tokens=400))) as chunks:
        async for chunk in chunks:
            assert chunk.text
            break
    assert (await provider.generate(ask(max_tokens=4))).text


async def test_cancelling_stops_the_work_and_the_next_prompt_is_answered(make: Make) -> None:
    provider = make()
    first = asyncio.Event()

    async def read() -> None:
        async for _ in provider.stream(ask("Tell me everything.", max_tokens=400)):
            first.set()

    reading = asyncio.create_task(read())
    await first.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    expected = (await provider.generate(ask())).text
    assert (await make().generate(ask())).text == expected


async def test_cancelling_while_a_long_prompt_is_read_stops_it(make: Make) -> None:
    provider = make(options={"n_ctx": 4096})
    await provider.generate(ask(max_tokens=2))
    assert provider._engine is not None
    reading = asyncio.create_task(provider.generate(ask("word " * 3500, max_tokens=1)))
    while len(provider._engine._held) < 500:  # the first batch has been read
        await asyncio.sleep(0.001)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    again = await provider.generate(ask(max_tokens=2))
    assert again.usage is not None
    assert again.usage.cached_input_tokens == 0  # what was broken off is not trusted


async def test_a_cancelled_prompt_in_the_queue_never_runs(make: Make) -> None:
    provider = make()
    async with aclosing(provider.stream(ask(max_tokens=30))) as running:
        await anext(running)
        queued = asyncio.create_task(provider.generate(ask("Something else.", max_tokens=400)))
        await asyncio.sleep(0)
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued
        rest = [chunk async for chunk in running]
    assert rest[-1].finish == "length"
    again = await provider.generate(ask(max_tokens=2))
    assert again.usage is not None
    assert again.usage.cached_input_tokens == again.usage.input_tokens - 1  # nothing else came in between


async def test_closing_while_it_answers_tells_the_reader_and_those_who_wait(make: Make) -> None:
    provider = make()
    async with aclosing(provider.stream(ask("Tell me everything.", max_tokens=400))) as chunks:
        await anext(chunks)
        waiting = asyncio.create_task(provider.generate(ask()))
        await asyncio.sleep(0)
        await provider.aclose()
        with pytest.raises(ProviderUnavailableError, match="stopped"):
            async for _ in chunks:
                pass
    with pytest.raises(ProviderUnavailableError, match="closed"):
        await waiting
    with pytest.raises(ProviderUnavailableError, match="closed"):
        await provider.generate(ask())
    assert threads() == []


async def test_closing_while_it_loads_gives_up_loading(make: Make) -> None:
    provider = make()
    loading = asyncio.create_task(provider.load())
    while (await provider.health()).state != "loading":
        await asyncio.sleep(0)
    await provider.aclose()
    with pytest.raises(ProviderUnavailableError):
        await loading
    assert threads() == []


def test_a_program_that_forgets_to_close_still_ends_well(model_file: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from aurarouter_hooks import Model, Prompt
from aurarouter_hooks.contract import ProviderContract
from aurarouter_llamacpp.provider import LlamaCppProvider

async def main():
    global provider, chunks
    model = Model(id="m", provider="llamacpp", model_path=Path({str(model_file)!r}), options={{"n_threads": 1}})
    provider = LlamaCppProvider(model)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    asyncio.create_task(provider.generate(Prompt.of("Tell me everything.")))
    await provider.load()

asyncio.run(main())
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
