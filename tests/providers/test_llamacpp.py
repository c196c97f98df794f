"""The llamacpp provider with the real model: answers, streams, stops at once, and cleans up."""

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import aurarouter_llamacpp
import pytest
from aurarouter_hooks import (
    Chunk,
    Health,
    Message,
    Model,
    Prompt,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Text,
    ToolResult,
)
from aurarouter_hooks.contract import ProviderContract
from aurarouter_llamacpp_provider import LlamaCppProvider

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]


@pytest.fixture
async def make(model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Make]:
    """Providers on the real model, closed afterwards. The trial of the library is shared by all of them."""
    made: list[LlamaCppProvider] = []
    workdir = tmp_path_factory.getbasetemp() / "llamacpp"

    def one(**changes: Any) -> LlamaCppProvider:
        options = {"n_threads": 1, "n_ctx": 512, **changes.pop("options", {})}
        settings = {"id": "small", "model_path": model_file, "workdir": workdir, **changes}
        made.append(LlamaCppProvider(Model(provider="llamacpp", options=options, **settings)))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


def ask(text: str = "Count from one to ten.", **parameters: Any) -> Prompt:
    return Prompt(
        messages=(Message("user", text),), parameters={"max_tokens": 12, "temperature": 0, "seed": 7, **parameters}
    )


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("llamacpp-")]


async def test_generate_answers_with_measured_usage(make: Make) -> None:
    provider = make()
    reply = await provider.generate(ask())
    assert reply.text.strip()
    assert reply.finish == "length"
    assert reply.usage is not None
    assert not reply.usage.estimated
    assert reply.usage.output_tokens == 12
    assert reply.usage.input_tokens == await provider.count_tokens(ask()) > 5


async def test_stream_gives_pieces_that_join_to_the_same_answer(make: Make) -> None:
    provider = make()
    chunks = [chunk async for chunk in provider.stream(ask())]
    assert sum(1 for chunk in chunks if chunk.text) > 3
    assert [chunk.finish for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    again = await provider.generate(ask())
    assert Reply.from_chunks(chunks).text == again.text
    assert again.usage is not None
    assert again.usage.cached_input_tokens == again.usage.input_tokens - 1


async def test_a_stop_word_ends_the_answer_before_it(make: Make) -> None:
    provider = make()
    whole = (await provider.generate(ask())).text
    word = whole[4:8]
    reply = await provider.generate(ask(stop=[word]))
    assert reply.finish == "stop"
    assert reply.text == whole[: whole.index(word)]


async def test_an_answer_ends_where_the_context_does(make: Make) -> None:
    provider = make(options={"n_ctx": 256})
    prompt = Prompt(messages=(Message("user", "word " * 205),), parameters={"temperature": 0})
    reply = await provider.generate(prompt)
    assert reply.usage is not None
    assert reply.usage.input_tokens > 224
    assert reply.finish == "stop" or reply.usage.input_tokens + reply.usage.output_tokens == 256


async def test_a_schema_is_kept(make: Make) -> None:
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "blue"]}, "count": {"type": "integer"}},
        "required": ["colour", "count"],
        "additionalProperties": False,
    }
    prompt = Prompt(
        messages=(Message("user", "Pick a colour and a count."),),
        response_schema=schema,
        parameters={"max_tokens": 32, "temperature": 0},
    )
    answer = json.loads((await make().generate(prompt)).text)
    assert set(answer) == {"colour", "count"}
    assert answer["colour"] in {"red", "blue"}
    assert isinstance(answer["count"], int)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.invalid/schema.json"},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}},
        {"type": "string", "pattern": "^(?=x)y$"},
    ],
)
async def test_a_schema_that_cannot_be_kept_is_refused(make: Make, schema: dict[str, Any]) -> None:
    provider = make()
    with pytest.raises(ProviderReplyError, match="schema"):
        await provider.generate(Prompt(messages=ask().messages, response_schema=schema))
    assert (await provider.generate(ask(max_tokens=2))).text


async def test_conversations_with_tool_results_reach_the_model(make: Make) -> None:
    talk = (
        Message("system", "You are brief."),
        Message("user", "What is the weather?"),
        Message("tool", [ToolResult(call_id="1", content="sunny")]),
        Message("user", [Text("Say "), Text("it.")]),
    )
    provider = make()
    assert (await provider.generate(Prompt(messages=talk, parameters={"max_tokens": 4}))).text
    assert await provider.count_tokens(Prompt(messages=talk)) > await provider.count_tokens(Prompt(messages=talk[:2]))


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


async def test_a_slow_reader_makes_the_model_wait_and_loses_nothing(make: Make) -> None:
    provider = make()
    expected = (await provider.generate(ask(max_tokens=32))).text
    chunks: list[Chunk] = []
    async for chunk in provider.stream(ask(max_tokens=32)):
        chunks.append(chunk)
        await asyncio.sleep(0.01)
    assert "".join(chunk.text for chunk in chunks) == expected


async def test_five_prompts_at_once_are_answered_in_order(make: Make) -> None:
    provider = make()
    finished: list[int] = []

    async def one(number: int) -> Reply:
        reply = await provider.generate(ask(f"Say the number {number}.", max_tokens=6))
        finished.append(number)
        return reply

    replies = await asyncio.gather(*(one(number) for number in range(5)))
    assert finished == [0, 1, 2, 3, 4]
    assert all(reply.text for reply in replies)
    assert len(threads()) == 1


async def test_the_loop_stays_free_while_the_model_works(make: Make) -> None:
    provider = make()
    beats = 0
    working = asyncio.create_task(provider.generate(ask(max_tokens=16)))
    while not working.done():
        beats += 1
        await asyncio.sleep(0.002)
    assert beats > 16


async def test_health_goes_from_cold_through_loading_to_healthy_and_back(make: Make) -> None:
    provider = make()
    assert await provider.health() == Health(state="cold")
    assert provider.capabilities().context_length == 512
    seen: list[Health] = []
    loading = asyncio.create_task(provider.load())
    while not loading.done():
        seen.append(await provider.health())
        await asyncio.sleep(0)
    await loading
    progress = [health.progress for health in seen if health.state == "loading"]
    assert len(set(progress)) > 1
    assert all(done is not None and 0 <= done <= 1 for done in progress)
    assert progress == sorted(progress, key=lambda done: done or 0)
    assert (await provider.health()).state == "healthy"
    await provider.unload()
    assert (await provider.health()).state == "cold"
    assert (await provider.generate(ask(max_tokens=2))).text
    assert (await provider.where()).here


async def test_the_context_is_what_the_model_was_trained_for_up_to_a_limit(make: Make) -> None:
    provider = make(options={"n_ctx": None})
    assert provider.capabilities().context_length is None
    await provider.load()
    assert provider.capabilities().context_length == 4096


async def test_a_prompt_that_is_too_long_says_the_counts(make: Make) -> None:
    provider = make()
    with pytest.raises(ProviderReplyError, match=r"\d{4} tokens and the context holds 512"):
        await provider.generate(ask("word " * 2000))
    assert (await provider.generate(ask(max_tokens=2))).text


async def test_a_missing_file_is_named(make: Make, tmp_path: Path) -> None:
    provider = make(model_path=tmp_path / "gone.gguf")
    with pytest.raises(ProviderUnavailableError, match=r"gone\.gguf") as caught:
        await provider.generate(ask())
    assert "model pull" in caught.value.hint
    assert (await provider.health()).state == "misconfigured"


async def test_a_text_file_is_no_model(make: Make, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_text("This is a text file.\n" * 100)
    provider = make(model_path=wrong)
    with pytest.raises(ProviderUnavailableError, match=r"can't load wrong\.gguf") as caught:
        await provider.generate(ask())
    assert caught.value.hint
    assert (await provider.health()).state == "down"


async def test_half_a_model_is_no_model(make: Make, model_file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.gguf"
    with model_file.open("rb") as whole:
        half.write_bytes(whole.read(40_000_000))
    with pytest.raises(ProviderUnavailableError, match=r"can't load half\.gguf"):
        await make(model_path=half).load()


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


async def test_nothing_is_printed(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    provider = make()
    await provider.generate(ask(max_tokens=2))
    await provider.unload()
    with pytest.raises(ProviderUnavailableError):
        await make(model_path=Path(__file__)).load()
    await provider.aclose()
    assert capfd.readouterr() == ("", "")


async def test_what_others_print_while_it_loads_is_not_lost(make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    provider = make()
    loading = asyncio.create_task(provider.load())
    written = 0
    while not loading.done():
        os.write(1, b"x")
        written += 1
        await asyncio.sleep(0)
    await loading
    assert written > 3
    assert capfd.readouterr().out == "x" * written


async def test_llama_cpp_speaks_through_logging_and_repacks_nothing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="aurarouter_llamacpp_engine"):
        await make().load()
    said = [record for record in caplog.records if record.name == "aurarouter_llamacpp_engine"]
    assert any("model buffer size" in record.message for record in said)
    assert {record.levelno for record in said} == {logging.DEBUG}
    # The buffer types behind `use_extra_bufts`: AMX crashes at the first token.
    assert not [record.message for record in said if re.search("AMX|REPACK", record.message.partition("CPU :")[0])]


async def test_the_library_is_tried_once_and_that_is_remembered(
    make: Make, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aurarouter_llamacpp_probe as probe

    monkeypatch.setattr(probe, "_proved", set())
    await make(workdir=tmp_path).load()
    kept = tmp_path / "llamacpp-probe.json"
    proof = kept.read_text()
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
    monkeypatch.setattr(probe, "_proved", set())
    monkeypatch.setattr(probe, "_CHILD", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    await make(workdir=tmp_path).load()
    kept.write_text(json.dumps({"proved": "another processor"}))
    with pytest.raises(ProviderUnavailableError, match="SIGILL") as caught:
        await make(workdir=tmp_path).load()
    assert "GGML_NATIVE=OFF" in caught.value.hint
    assert kept.read_text() != proof


def test_a_library_that_cannot_be_loaded_comes_with_the_way_out(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from aurarouter_hooks import Model, ProviderUnavailableError
from aurarouter_llamacpp_provider import LlamaCppProvider

async def main():
    provider = LlamaCppProvider(Model(id="m", provider="llamacpp", model_path=Path({__file__!r})))
    try:
        await provider.load()
    except ProviderUnavailableError as exc:
        print(exc, exc.hint, (await provider.health()).state, sep="|")
    await provider.aclose()

asyncio.run(main())
"""
    env = {**os.environ, "LLAMA_CPP_LIB_PATH": str(tmp_path)}  # where no library is
    message, hint, state = subprocess.check_output([sys.executable, "-c", code], env=env, text=True).split("|")
    assert message.startswith("llama.cpp can't be used: ")
    assert "C++ compiler" in hint
    assert state == "down\n"


def test_a_program_that_forgets_to_close_still_ends_well(model_file: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from aurarouter_hooks import Model, Prompt
from aurarouter_hooks.contract import ProviderContract
from aurarouter_llamacpp_provider import LlamaCppProvider

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


class TestContract(ProviderContract):
    """What every provider must pass, with the real model."""

    plugin = aurarouter_llamacpp

    @pytest.fixture(autouse=True)
    def _files(self, model_file: Path, tmp_path: Path) -> None:
        self.file, self.missing = model_file, tmp_path / "missing.gguf"

    def make(self) -> LlamaCppProvider:
        return self.on(self.file)

    def broken(self) -> LlamaCppProvider:
        return self.on(self.missing)

    def on(self, path: Path) -> LlamaCppProvider:
        options = {"n_threads": 1, "n_ctx": 256}
        return LlamaCppProvider(Model(id="small", provider="llamacpp", model_path=path, options=options))
