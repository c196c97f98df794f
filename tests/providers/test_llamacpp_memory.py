"""Real models and real memory: what is loaded together, what unloading gives back, and what the estimate is worth."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.footprint import footprint
from aurarouter_core.gguf import read
from aurarouter_hooks import AllModelsFailedError, Delta, Done, Model, Noted, Progress
from aurarouter_llamacpp.provider import LlamaCppProvider
from llama_provider import children

pytestmark = pytest.mark.model

MIB = 2**20


def config(model_file: Path, memory: str, **more: Any) -> Any:
    """Two models in this process and one in a server, of the same file, of 210 MiB each."""
    options = {"n_threads": 1, "n_ctx": 512}
    entry = {"model_path": str(model_file), "options": options, "parameters": {"max_tokens": 4, "temperature": 0}}
    models = {
        "a": {**entry, "provider": "llamacpp"},
        "b": {**entry, "provider": "llamacpp"},
        "served": {**entry, "provider": "llamacpp-server", "options": {**options, "binary": "xllamacpp"}},
    }
    settings = {"models": models, "roles": {"coding": ["a"]}, "system": {"memory": memory, **more}}
    plugins = Plugins()
    return load_config(plugins, settings=settings), plugins


async def events_of(router: Router, model: str) -> list[Any]:
    return [event async for event in router.stream(Task("Say hello.", model=model, mode="direct"))]


async def test_two_models_of_one_file_take_turns_where_only_one_fits(model_file: Path) -> None:
    loaded: set[str] = set()
    async with Router(*config(model_file, "300 MiB")) as router:

        async def use(model: str) -> list[Any]:
            return await events_of(router, model)

        async def look() -> None:
            while True:
                there = {one.model.id for one in router.pool.memory._tenants if one.provider.loaded()}
                loaded.update(there)
                assert len(there) <= 1
                await asyncio.sleep(0.001)

        looking = asyncio.create_task(look())
        told = [event for model in ("a", "b", "served", "a") for event in await use(model)]
        told += [event for events in await asyncio.gather(*map(use, "abab")) for event in events]
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
    assert loaded == {"a", "b", "served"}
    assert sum(isinstance(event, Done) and event.complete for event in told) == 8
    assert Progress(what="making room for 'b': unloading 'a'") in told
    (done, *_) = [event for event in told if isinstance(event, Done) and event.trace.attempts[-1].model == "b"]
    assert done.trace.notes["memory for b"].endswith("s, unloaded a")
    assert any(isinstance(event, Noted) and event.name == "memory for served" for event in told)


async def test_one_that_never_fits_is_told_with_both_figures(model_file: Path) -> None:
    async with Router(*config(model_file, "100 MiB")) as router:
        with pytest.raises(AllModelsFailedError, match=r"it needs 2\d\d MiB of memory, and system.memory \(100 MiB\)"):
            await router.run(Task("Say hello.", model="a"))
        assert router.pool.memory.reserved == 0


async def test_a_model_that_nobody_uses_leaves(model_file: Path) -> None:
    async with Router(*config(model_file, "75%", idle_unload=0.2)) as router:
        await router.run(Task("Say hello.", model="a"))
        assert router.pool.memory.reserved > 200 * MIB
        await asyncio.sleep(0.6)
        assert router.pool.memory.reserved == 0
        assert (await router.health())["a"].state == "cold"
        assert (await router.run(Task("Say hello.", model="a"))).text


async def test_one_that_is_answering_never_leaves(model_file: Path) -> None:
    """Neither because time has passed, nor because another one needs the room: that one waits."""
    long = Task("Tell me everything.", model="a", parameters={"max_tokens": 120})
    async with Router(*config(model_file, "300 MiB", idle_unload=0.05)) as router:
        held: list[bool | None] = []
        other: asyncio.Task[Any] | None = None
        async for event in router.stream(long):
            if isinstance(event, Delta):
                (tenant,) = (one for one in router.pool.memory._tenants if one.model.id == "a")
                held.append(tenant.provider.loaded() is True)
                other = other or asyncio.create_task(router.run(Task("Say hello.", model="b")))
                await asyncio.sleep(0.01)
        assert isinstance(event, Done)
        assert event.complete
        assert len(held) > 20
        assert all(held)
        assert other is not None
        waited = (await other).trace
        assert "unloaded a" in waited.notes["memory for b"]


async def test_a_server_that_crashed_holds_no_memory(model_file: Path) -> None:
    async with Router(*config(model_file, "300 MiB")) as router:
        await router.run(Task("Say hello.", model="served"))
        (pid,) = children()
        stream = router.stream(Task("Tell me everything.", model="served", parameters={"max_tokens": 300}))
        await anext(event async for event in stream if isinstance(event, Delta))
        os.kill(pid, signal.SIGKILL)
        (done,) = [event async for event in stream if isinstance(event, Done)]
        assert not done.complete
        assert done.trace.error is not None
        assert "SIGKILL" in done.trace.error.message
        assert router.pool.memory.reserved == 0


async def test_a_file_that_does_not_load_holds_no_memory(model_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    raw = bytearray(model_file.read_bytes())
    at = raw.index(b"llama.block_count") + len(b"llama.block_count") + 4
    raw[at] = 31  # a block that is not there
    wrong.write_bytes(raw)
    async with Router(*config(wrong, "75%")) as router:
        with pytest.raises(AllModelsFailedError, match=r"can't load wrong\.gguf"):
            await router.run(Task("Say hello.", model="a"))
        assert router.pool.memory.reserved == 0


PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from aurarouter_hooks import Message, Model, Prompt
from aurarouter_llamacpp.provider import LlamaCppProvider

def resident():
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024

async def main():
    model = Model(id="m", provider="llamacpp", model_path=Path(sys.argv[1]), options={"n_threads": 1, "n_ctx": 4096})
    provider = LlamaCppProvider(model)
    prompt = Prompt(messages=(Message("user", "word " * 50),), parameters={"max_tokens": 4})
    before = resident()
    await provider.generate(prompt)
    used = resident()
    await provider.unload()
    unloaded, state = resident(), provider.loaded()
    await provider.load()
    print(json.dumps([used - before, unloaded - before, resident() - before, state]))
    await provider.aclose()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_unloading_gives_the_memory_back_and_the_estimate_was_enough(model_file: Path) -> None:
    said = subprocess.check_output([sys.executable, "-c", PROGRAM, str(model_file)], text=True)
    used, unloaded, again, state = json.loads(said)
    header = read(model_file)
    usual = LlamaCppProvider.residency(Model(id="m", provider="llamacpp", header=header))
    assert 180 * MIB < used < footprint(header, usual) < 2 * used
    assert (unloaded < 60 * MIB, state) == (True, False)  # the library itself stays
    assert again > 180 * MIB


def test_the_estimate_is_the_sum_that_the_page_says(model_file: Path) -> None:
    header = read(model_file)
    usual = LlamaCppProvider.residency(Model(id="m", provider="llamacpp", header=header))
    assert usual.context == 4096
    weights, cache = header.tensor_bytes, 4096 * 90 * (64 + 64) * 2
    assert footprint(header, usual) == weights + cache + 512 * ((49152 + 8 * 576) * 4 + 4096 * 2)
