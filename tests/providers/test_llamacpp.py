"""The llamacpp provider with the real model: what it answers, and the contract."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import aurarouter_llamacpp
from aurarouter_hooks import (
    Chunk,
    Message,
    Model,
    Prompt,
    ProviderReplyError,
    Reply,
    Text,
    ToolResult,
)
from aurarouter_hooks.contract import ProviderContract
from aurarouter_llamacpp.provider import LlamaCppProvider
from llamacpp_prompts import ask, threads

pytestmark = pytest.mark.model

Make = Callable[..., LlamaCppProvider]


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


async def test_a_prompt_that_is_too_long_says_the_counts(make: Make) -> None:
    provider = make()
    with pytest.raises(ProviderReplyError, match=r"\d{4} tokens and the context holds 512") as caught:
        await provider.generate(ask("word " * 2000))
    assert caught.value.refused
    assert (await provider.generate(ask(max_tokens=2))).text


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
