"""The openapi provider sends and reads every part of the API, in the shapes that servers really use."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Media,
    Message,
    Opaque,
    Prompt,
    ProviderReplyError,
    Secret,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import REPLY, Turn, answer, piece, stream

Make = Callable[..., OpenApiProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))


async def test_connections_are_kept(openapi: Make, fault_server: FaultServer) -> None:
    provider = openapi(fault_server.url)
    for _ in range(2):
        await provider.generate(HELLO)
        assert [chunk.text async for chunk in provider.stream(HELLO)] == ["Hello ", "Ada.", ""]
    await provider.health()
    assert len(fault_server.requests) == 5
    assert fault_server.connections == 1


async def test_no_cookie_ties_one_prompt_to_the_next(openapi: Make, fault_server: FaultServer) -> None:
    async def marked(turn: Turn) -> None:
        body = json.dumps(REPLY).encode()
        await turn.head(200, {"Set-Cookie": "who=ada; Path=/", "Content-Length": str(len(body))})
        await turn.send(body)

    fault_server.always(marked)
    provider = openapi(fault_server.url.replace("127.0.0.1", "localhost"))
    for _ in range(2):
        await provider.generate(HELLO)
    assert [request.headers.get("cookie") for request in fault_server.requests] == [None, None]


@pytest.mark.parametrize(
    ("ending", "path"),
    [
        ("", "/v1/chat/completions"),
        ("/", "/v1/chat/completions"),
        ("/v1", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/chat/completions", "/chat/completions"),
        ("/api/v1/", "/api/v1/chat/completions"),
        ("/deployments/x?api-version=1", "/deployments/x/chat/completions?api-version=1"),
    ],
)
async def test_an_endpoint_may_be_written_in_many_ways(
    openapi: Make, fault_server: FaultServer, ending: str, path: str
) -> None:
    provider = openapi(fault_server.url + ending)
    await provider.generate(HELLO)
    assert fault_server.requests[0].path == path


async def test_every_kind_of_part_is_sent(openapi: Make, fault_server: FaultServer) -> None:
    provider = openapi(fault_server.url, model_name="big", api_key=Secret(" sk-1\n"))
    picture = Media(media_type="image/png", data=b"\x89PNG")
    prompt = Prompt(
        messages=(
            Message("system", "Be brief."),
            Message("user", [Text("What is "), Text("this?"), picture]),
            Message(
                "assistant",
                [
                    Opaque(provider="openapi", data={"reasoning_details": [{"text": "hm"}]}),
                    Opaque(provider="claude", data={"signature": ["secret"]}),
                    ToolCall(id="c1", name="look", arguments='{"x": 1}'),
                ],
            ),
            Message("tool", [ToolResult(call_id="c1", content="a cat")]),
            Message("user", "Thanks."),
        ),
        tools=(Tool(name="look", description="Looks.", schema={"type": "object"}),),
        tool_choice="look",
        response_schema={"type": "object"},
        parameters={"temperature": 0.5, "stop": ["."]},
        trace_context=TraceContext(trace_id="a" * 32, span_id="b" * 16, state="k=v"),
    )
    await provider.generate(prompt)
    request = fault_server.requests[0]
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.headers["traceparent"] == f"00-{'a' * 32}-{'b' * 16}-01"
    assert request.headers["tracestate"] == "k=v"
    data = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x": 1}'}}
    assert request.json == {
        "model": "big",
        "temperature": 0.5,
        "stop": ["."],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is "},
                    {"type": "text", "text": "this?"},
                    {"type": "image_url", "image_url": {"url": data}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [call], "reasoning_details": [{"text": "hm"}]},
            {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
            {"role": "user", "content": "Thanks."},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}},
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
    }


async def test_fields_of_another_dialect_stay_here(openapi: Make, fault_server: FaultServer) -> None:
    provider = openapi(fault_server.url)
    for dialect in ("openai", "anthropic"):
        await provider.generate(
            Prompt(messages=HELLO.messages, dialect=dialect, extra={"logit_bias": {"1": 2}, "model": "other"})
        )
    ours, others = (request.json for request in fault_server.requests)
    assert ours["logit_bias"] == {"1": 2}
    assert "logit_bias" not in others
    assert ours["model"] == others["model"] == "mine"
    assert "authorization" not in fault_server.requests[0].headers


async def test_what_cannot_be_sent_is_refused(openapi: Make, fault_server: FaultServer) -> None:
    provider = openapi(fault_server.url)
    sound = Message("user", [Media(media_type="audio/wav", data=b"RIFF")])
    with pytest.raises(ProviderReplyError, match="only text and images") as caught:
        await provider.generate(Prompt(messages=(sound,)))
    assert caught.value.refused
    with pytest.raises(ProviderReplyError, match="written as JSON"):
        await provider.generate(Prompt.of("half a pair: \ud83d"))
    with pytest.raises(ProviderReplyError, match="written as JSON"):
        await provider.generate(Prompt(messages=HELLO.messages, parameters={"temperature": float("nan")}))
    assert fault_server.bytes_received == 0


@pytest.mark.parametrize("odd", [{"refusal": {"a": 1}}, {"reasoning_details": "x"}, {"content": 7, "reasoning": [7.5]}])
async def test_what_is_of_another_kind_is_left_out_or_no_answer(
    openapi: Make, fault_server: FaultServer, odd: dict[str, Any]
) -> None:
    choice = {"index": None, "message": {"content": "Hi"} | odd, "finish_reason": "stop", "logprobs": {"content": 5}}
    fault_server.will(answer({"id": 1, "model": {"x": 1}, "choices": [choice]}))
    try:
        reply = await openapi(fault_server.url).generate(HELLO)
    except ProviderReplyError:
        return
    assert reply.text in ("Hi", "")
    assert (reply.logprobs, reply.opaque, reply.model_name) == (None, (), "")


async def test_thinking_logprobs_and_counts_come_back(openapi: Make, fault_server: FaultServer) -> None:
    body = {
        "id": "r1",
        "model": "m1",
        "choices": [
            {
                "index": 0,
                "finish_reason": "eos",
                "message": {"content": "4", "reasoning_content": "2+2", "reasoning_details": [{"text": "2+2"}]},
                "logprobs": {"content": [{"token": "4", "logprob": -0.1}]},
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 4,
            "prompt_tokens_details": {"cached_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }
    fault_server.will(answer(body))
    provider = openapi(fault_server.url)
    reply = await provider.generate(HELLO)
    assert (reply.text, reply.reasoning, reply.finish) == ("4", "2+2", "other")
    assert reply.message.parts[0] == Opaque(
        provider="openapi", model="mine", data={"reasoning_details": [{"text": "2+2"}]}
    )
    assert reply.logprobs == [{"token": "4", "logprob": -0.1}]
    assert reply.usage is not None
    assert (reply.usage.cached_input_tokens, reply.usage.reasoning_tokens) == (5, 3)
    assert (reply.request_id, reply.model_name) == ("r1", "m1")


async def test_a_reply_without_an_id_has_the_header(openapi: Make, fault_server: FaultServer) -> None:
    async def nameless(turn: Any) -> None:
        page = json.dumps({"choices": REPLY["choices"]}).encode()
        await turn.head(200, {"x-request-id": "req-9", "Content-Length": str(len(page))})
        await turn.send(page)

    fault_server.will(nameless)
    provider = openapi(fault_server.url)
    assert (await provider.generate(HELLO)).request_id == "req-9"


async def test_an_endless_count_is_no_answer_of_this_api(openapi: Make, fault_server: FaultServer) -> None:
    fault_server.will(
        stream([piece("Hi"), piece(finish="stop") | {"usage": {"prompt_tokens": float("inf")}}, "[DONE]"])
    )
    with pytest.raises(ProviderReplyError, match="shape of the OpenAI API"):
        [chunk async for chunk in openapi(fault_server.url).stream(HELLO)]
