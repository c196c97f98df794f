"""All seven providers behave as anybody may expect: see `behaviour`. In-process ones have no key and no network."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

import benches
from aurarouter_hooks import Message, Prompt, ProviderUnavailableError, ToolCall, ToolResult
from behaviour import CROWD, HELLO, KEY, PICK, SCRIPTS, WEATHER, Behaviour
from bench import GONE, LONG, USES, Bench, HttpBench, errors

pytest_plugins = ["ollama_fixtures"]
SHORT = evolve(HELLO, parameters={"max_tokens": 1, "ignore_eos": True})


class TestOpenApi(Behaviour):
    on = benches.OpenApi


class TestLlamaServer(Behaviour):
    on = benches.LlamaServer

    async def test_a_real_server_answers_a_hundred_at_once(self, bench: HttpBench) -> None:
        await hundred(bench)


class TestClaude(Behaviour):
    on = benches.Claude

    async def test_a_real_server_answers_a_hundred_at_once(self, bench: HttpBench) -> None:
        await hundred(bench)


class TestOllama(Behaviour):
    on = benches.Ollama


class TestGoogle(Behaviour):
    on = benches.Google


class InProcess(Behaviour):
    """No key, no network, no tools; nobody but the caller measures time."""

    async def test_a_wrong_key_is_an_error_of_its_own(self, bench: Bench) -> None:
        """There is nothing to open with it, and it's shown nowhere."""
        provider = bench.real(api_key=KEY)
        assert (await provider.generate(HELLO)).text
        assert KEY.reveal() not in f"{provider!r} {await provider.health()}"

    async def test_a_first_token_that_never_comes_is_a_timeout(self, bench: Bench) -> None:
        """The executor gives up an attempt by leaving its stream, and the next prompt finds the backend free."""
        provider = bench.real()
        async with aclosing(generator(provider, HELLO)) as stream:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0)
        assert (await provider.generate(HELLO)).text

    async def test_a_hundred_are_answered_at_once(self, bench: Bench) -> None:
        await hundred(bench)


class TestEcho(InProcess):
    on = benches.Echo

    async def test_it_streams(self, bench: Bench) -> None:
        """A piece for each line."""
        lines = evolve(HELLO, messages=(Message("user", "one\ntwo"),))
        assert [chunk.text async for chunk in bench.real().stream(lines)] == ["one\n", "two", ""]

    @pytest.mark.parametrize("use", USES)
    async def test_cancelling_stops_the_backend(self, bench: Bench, use: str) -> None:
        """It never waits, so it can only be cancelled before it begins."""
        provider = bench.real()
        task = asyncio.ensure_future(USES[use](provider, HELLO))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await provider.generate(HELLO)).text == HELLO.text

    async def test_a_prompt_that_is_too_long_is_refused(self, bench: Bench) -> None:
        """None is."""
        assert (await bench.real().generate(LONG)).text == LONG.text

    async def test_who_cannot_be_reached_is_unavailable(self, bench: Bench) -> None:
        """It is here, whatever endpoint somebody has written for it."""
        provider = bench.real(endpoint=GONE)
        assert (await provider.generate(HELLO)).text == HELLO.text
        assert (await provider.where()).kind == "process"

    @pytest.mark.parametrize("use", USES)
    async def test_a_tool_is_called_and_answered(self, bench: Bench, use: str) -> None:
        """It says that it knows none, so a task with tools is never given to it; and it calls none."""
        provider = bench.real()
        assert "tools" not in (provider.capabilities().names or ())
        assert (await self.used(use, bench, evolve(HELLO, tools=(WEATHER,)), provider)).tool_calls == ()

    @pytest.mark.parametrize("use", USES)
    async def test_an_answer_keeps_to_a_schema(self, bench: Bench, use: str) -> None:
        """It says that it keeps to none, so such a task is never given to it."""
        provider = bench.real()
        assert "json_schema" not in (provider.capabilities().names or ())
        assert (await self.used(use, bench, PICK, provider)).text == PICK.text

    @pytest.mark.parametrize("use", USES)
    async def test_every_script_goes_there_and_back(self, bench: Bench, use: str) -> None:
        assert (await self.used(use, bench, Prompt.of(SCRIPTS), bench.real())).text == SCRIPTS


@pytest.mark.model
class TestLlamaCpp(InProcess):
    on = benches.LlamaCpp

    @pytest.mark.parametrize("use", USES)
    async def test_cancelling_stops_the_backend(self, bench: Bench, use: str) -> None:
        """Its one thread is free for the next prompt long before the whole answer would be there."""
        provider = bench.real()
        await provider.load()
        long = evolve(HELLO, parameters={"max_tokens": 450})
        began = asyncio.ensure_future(USES[use](provider, long))
        await asyncio.sleep(0.2)
        began.cancel()
        with pytest.raises(asyncio.CancelledError):
            await began
        async with asyncio.timeout(3):
            assert (await provider.generate(HELLO)).text

    async def test_who_cannot_be_reached_is_unavailable(self, bench: Bench) -> None:
        """There is no network to lose; a file may be missing, or hold no model."""
        provider = bench.real(model_path=Path("missing.gguf"))
        for error in await errors(provider, HELLO, ProviderUnavailableError, "there is no model file at"):
            assert error.hint
        assert (await provider.health()).state == "misconfigured"
        broken = bench.real(model_path=Path(__file__))
        await errors(broken, HELLO, ProviderUnavailableError)
        assert (await broken.health()).state == "down"

    @pytest.mark.parametrize("use", USES)
    async def test_a_tool_is_called_and_answered(self, bench: Bench, use: str) -> None:
        """It says that it calls none; a conversation with results of tools is understood all the same."""
        provider = bench.real()
        assert "tools" not in (provider.capabilities().names or ())
        talk = (
            *HELLO.messages,
            Message("assistant", [ToolCall(id="1", name="weather", arguments="{}")]),
            Message("tool", [ToolResult(call_id="1", content="sunny")]),
        )
        reply = await self.used(use, bench, evolve(HELLO, messages=talk), provider)
        assert reply.text
        assert reply.tool_calls == ()

    @pytest.mark.parametrize("use", USES)
    async def test_every_script_goes_there_and_back(self, bench: Bench, use: str) -> None:
        """The model can't be told to say something, but it can be left no choice."""
        word = "Grüße, Ἄδα — 日本語"
        prompt = evolve(PICK, messages=(Message("user", SCRIPTS),), response_schema={"enum": [word]})
        prompt = evolve(prompt, parameters={"max_tokens": 64, "temperature": 0})
        assert (await self.used(use, bench, prompt, bench.real())).text == f'"{word}"'


def generator(provider: Any, prompt: Prompt) -> Any:
    return provider.stream(prompt)


async def hundred(bench: Bench) -> None:
    """As many as a busy team, at once, on the real thing; half of them streamed."""
    provider = bench.real()
    found = await asyncio.gather(*(USES["stream" if n % 2 else "generate"](provider, SHORT) for n in range(CROWD)))
    assert len(found) == CROWD
    assert all(reply[-1].finish if isinstance(reply, list) else reply.finish for reply in found)
