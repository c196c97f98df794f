"""The ollama provider reads what servers really say, cut up as they like."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ollama as sdk
import pytest

from aurarouter_hooks import (
    Chunk,
    Message,
    Prompt,
    Reply,
    Tool,
    ToolResult,
    Usage,
)
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import Turn, answer
from ollama_faults import MODEL, call, done, lines, missing, ollama, said

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool(name="weather", description="How it is there", schema=SCHEMA)


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_both_ways(on_ollama: Make, fault_server: FaultServer, streamed: bool) -> None:
    calls = [call("weather", {"city": "Köln"}, id="call_1"), call("weather", {"city": "Rom"})]
    if streamed:
        first = lines(
            said(thinking="Two "),
            said(thinking="cities."),
            said(tool_calls=calls[:1]),
            said(tool_calls=calls[1:]),
            done(),
        )
    else:
        whole = done()
        whole["message"] |= {"thinking": "Two cities.", "tool_calls": calls}
        first = answer(whole)
    fault_server.will(first)
    provider = on_ollama()
    asked = Prompt(messages=(Message("user", "How is Köln? And Rom?"),), tools=(WEATHER,))
    if streamed:
        reply = Reply.from_chunks([chunk async for chunk in provider.stream(asked)])
    else:
        reply = await provider.generate(asked)
    assert fault_server.requests[0].json["tools"] == [
        {
            "type": "function",
            "function": {"name": "weather", "description": "How it is there", "parameters": SCHEMA},
        }
    ]
    assert reply.finish == "tool_calls"
    assert reply.reasoning == "Two cities."
    one, two = reply.tool_calls
    assert (one.id, one.name, one.arguments) == ("call_1", "weather", '{"city": "Köln"}')
    assert two.id.startswith("call_")
    assert two.id != one.id
    assert json.loads(two.arguments) == {"city": "Rom"}

    results = Message("tool", (ToolResult(call_id=one.id, content="rain"), ToolResult(call_id=two.id, content="sun")))
    await provider.generate(Prompt(messages=(*asked.messages, reply.message, results), tools=(WEATHER,)))
    assert fault_server.requests[-1].json["messages"] == [
        {"role": "user", "content": "How is Köln? And Rom?"},
        {
            "role": "assistant",
            "content": "",
            "thinking": "Two cities.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"index": 0, "name": "weather", "arguments": {"city": "Köln"}},
                },
                {
                    "id": two.id,
                    "type": "function",
                    "function": {"index": 1, "name": "weather", "arguments": {"city": "Rom"}},
                },
            ],
        },
        {"role": "tool", "content": "rain", "tool_call_id": "call_1", "tool_name": "weather"},
        {"role": "tool", "content": "sun", "tool_call_id": two.id, "tool_name": "weather"},
    ]


async def test_a_stream_may_be_cut_anywhere(on_ollama: Make, fault_server: FaultServer) -> None:
    texts = ["Grüß ", "Gott 🚀\u2028\x85", " 你好"]
    for size in (1, 2, 3, 7, 1000):
        fault_server.will(lines(*map(said, texts), b"\r\n\n", done(), pieces=size))
        chunks = [chunk async for chunk in on_ollama().stream(HELLO)]
        assert [chunk.text for chunk in chunks] == [*texts, ""]


async def test_the_end_after_the_last_line_is_waited_for(
    on_ollama: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_ollama.server.LINGER", 10.0)

    async def late_end(turn: Turn) -> None:
        await turn.head(200, {"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})
        await turn.chunk(json.dumps(done(content="Hi")).encode() + b"\n")
        await asyncio.sleep(0.05)  # a server that tidies up first
        await turn.chunk(b"")

    fault_server.will(late_end, late_end)
    provider = on_ollama()
    for _ in range(2):
        assert [chunk.text async for chunk in provider.stream(HELLO)] == ["Hi", ""]
    assert fault_server.connections == 1


@pytest.mark.parametrize("then", ["hang", "eof", "reset"])
async def test_an_answer_that_never_closes_well_is_whole_all_the_same(
    on_ollama: Make, fault_server: FaultServer, then: str
) -> None:
    fault_server.will(lines(said("Hi"), done(), then=then))
    assert [chunk.finish async for chunk in on_ollama().stream(HELLO)] == [None, "stop"]


async def test_the_last_line_needs_no_end_and_may_hold_text(on_ollama: Make, fault_server: FaultServer) -> None:
    fault_server.will(lines(said("Hello "), json.dumps(done("length", "Ada")).encode()))
    assert [chunk async for chunk in on_ollama().stream(HELLO)] == [
        Chunk(text="Hello ", model_name=MODEL),
        Chunk(text="Ada", model_name=MODEL),
        Chunk(finish="length", usage=Usage(input_tokens=26, output_tokens=7), model_name=MODEL),
    ]


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("", "stop"), ("unload", "other"), ("new", "other")]
)
async def test_how_it_finished(on_ollama: Make, fault_server: FaultServer, reason: str, finish: str) -> None:
    fault_server.will(answer(done(reason, "Hi")), lines(done(reason, "Hi")))
    assert (await on_ollama().generate(HELLO)).finish == finish
    assert [chunk async for chunk in on_ollama().stream(HELLO)][-1].finish == finish


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (
            {"prompt_eval_count": 9, "eval_count": 3, "prompt_eval_cached_count": 8},
            Usage(input_tokens=9, output_tokens=3, cached_input_tokens=8),
        ),
        ({"prompt_eval_count": 9}, Usage(input_tokens=9, output_tokens=3, estimated=True)),
        ({"eval_count": 3}, Usage(input_tokens=5, output_tokens=3, estimated=True)),
        ({"eval_count": "3", "prompt_eval_count": -1}, Usage(input_tokens=5, output_tokens=3, estimated=True)),
    ],
)
async def test_usage_is_counted_or_marked_as_a_guess(
    on_ollama: Make, fault_server: FaultServer, counts: dict[str, Any], usage: Usage
) -> None:
    last = said("Hello Ada.") | {"done": True, "done_reason": "stop"} | counts
    fault_server.will(answer(last), lines(last))
    assert (await on_ollama().generate(HELLO)).usage == usage
    assert [chunk async for chunk in on_ollama().stream(HELLO)][-1].usage == usage


async def test_probabilities_are_passed_on(on_ollama: Make, fault_server: FaultServer) -> None:
    tokens = [{"token": "Hi", "logprob": -0.1, "top_logprobs": [{"token": "Hi", "logprob": -0.1}]}]
    fault_server.will(lines(said("") | {"logprobs": tokens}, said("Hi"), done()))
    assert Reply.from_chunks([chunk async for chunk in on_ollama().stream(HELLO)]).logprobs == tokens


async def test_the_official_client_reads_what_the_fake_says(fault_server: FaultServer, tmp_path: Path) -> None:
    """The fake speaks the dialect: Ollama's own client finds every field where it looks for it."""
    fault_server.always(ollama(tmp_path, loaded=[MODEL]))
    client = sdk.AsyncClient(host=fault_server.url)
    fault_server.will(lines(said(thinking="hm"), said(tool_calls=[call("weather", {"city": "Rom"})]), done()))
    stream = await client.chat(MODEL, messages=[{"role": "user", "content": "?"}], stream=True)
    thought, called, last = [part async for part in stream]
    assert thought.message.thinking == "hm"
    assert called.message.tool_calls is not None
    assert called.message.tool_calls[0].function.arguments == {"city": "Rom"}
    assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 26, 7)
    assert [model.model for model in (await client.list()).models] == [MODEL]
    assert [model.context_length for model in (await client.ps()).models] == [4096]
    assert (await client.show(MODEL)).capabilities == ["completion", "tools", "thinking"]
    assert (await client.embed(MODEL, input="x")).embeddings == [[0.6, 0.8]]
    fault_server.will(missing())
    with pytest.raises(sdk.ResponseError, match="not found") as caught:
        await client.chat(MODEL, messages=[])
    assert caught.value.status_code == 404
    await client._client.aclose()
