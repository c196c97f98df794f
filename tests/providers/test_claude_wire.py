"""What the claude provider sends to Anthropic's API."""

import base64
import logging
from typing import Any

import pytest
from attrs import evolve

import claude_provider
from anthropic_dialect import claude
from aurarouter_claude.request import MAX_TOKENS
from aurarouter_hooks import (
    Media,
    Message,
    Prompt,
    ProviderReplyError,
    Secret,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
)
from claude_provider import HELLO, Make
from fault_server import FaultServer
from faults import status

make = claude_provider.make


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer) -> None:
    fault_server.always(claude)


async def test_every_kind_of_part_is_sent(make: Make, fault_server: FaultServer) -> None:
    picture = Media(media_type="image/png", data=b"\x89PNG")
    prompt = Prompt(
        messages=(
            Message("system", "Be brief."),
            Message("user", [Text("What is "), Text(""), Text("this?"), picture]),
            Message("user", [Media(media_type="application/pdf", url="https://example.org/a.pdf")]),
            Message("assistant", [Text("I look."), ToolCall(id="call:1", name="look", arguments='{"x": 1}')]),
            Message("assistant", [ToolCall(id="c2", name="look", arguments="not JSON")]),
            Message("user", "Quick!"),
            Message("tool", [ToolResult(call_id="call:1", content="a cat", media=(picture,))]),
            Message("tool", [ToolResult(call_id="c2", content="", is_error=True)]),
            Message("system", "Be kind."),
        ),
        tools=(Tool(name="look", description="Looks.", schema={"properties": {"x": {}}}), Tool(name="nod")),
        tool_choice="look",
        parameters={"max_completion_tokens": 7, "stop": ".", "user": "u1", "parallel_tool_calls": False},
        trace_context=TraceContext(trace_id="a" * 32, span_id="b" * 16, state="k=v"),
    )
    await make(fault_server.url, model_name="big", api_key=Secret(" sk-1\n")).generate(prompt)
    request = fault_server.requests[0]
    assert request.path == "/v1/messages"
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert request.headers["traceparent"] == f"00-{'a' * 32}-{'b' * 16}-01"
    assert request.headers["tracestate"] == "k=v"
    png = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(b"\x89PNG").decode()}
    image = {"type": "image", "source": png}
    assert request.json == {
        "model": "big",
        "stream": True,
        "max_tokens": 7,
        "stop_sequences": ["."],
        "metadata": {"user_id": "u1"},
        "system": "Be brief.\n\nBe kind.",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is "},
                    {"type": "text", "text": "this?"},
                    image,
                    {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "call_1", "name": "look", "input": {"x": 1}},
                    {"type": "tool_use", "id": "c2", "name": "look", "input": {"arguments": "not JSON"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "call_1",
                        "content": [{"type": "text", "text": "a cat"}, image],
                    },
                    {"type": "tool_result", "tool_use_id": "c2", "content": [], "is_error": True},
                    {"type": "text", "text": "Quick!"},
                ],
            },
        ],
        "tools": [
            {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {"x": {}}}},
            {"name": "nod", "input_schema": {"type": "object"}},
        ],
        "tool_choice": {"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    }


@pytest.mark.parametrize(("choice", "kind"), [("auto", "auto"), ("none", "none"), ("required", "any")])
async def test_the_choice_of_tools_is_translated(make: Make, fault_server: FaultServer, choice: str, kind: str) -> None:
    await make(fault_server.url).generate(evolve(HELLO, tools=(Tool(name="look"),), tool_choice=choice))
    assert fault_server.requests[0].json["tool_choice"] == {"type": kind}


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({}, {"max_tokens": MAX_TOKENS}),
        ({"max_tokens": 5, "max_completion_tokens": None}, {"max_tokens": 5}),
        ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}),
        ({"reasoning_effort": "xhigh"}, {"output_config": {"effort": "xhigh"}}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"thinking": {"type": "adaptive"}, "speed": "fast"}, {"thinking": {"type": "adaptive"}, "speed": "fast"}),
        ({"temperature": 0.5, "top_p": 0.9, "top_k": 3}, {"temperature": 0.5, "top_p": 0.9, "top_k": 3}),
    ],
)
async def test_parameters_get_anthropics_names(
    make: Make, fault_server: FaultServer, parameters: dict[str, Any], sent: dict[str, Any]
) -> None:
    await make(fault_server.url).generate(evolve(HELLO, parameters=parameters))
    found = fault_server.requests[0].json
    assert {name: found[name] for name in sent} == sent
    assert found.keys() - sent.keys() <= {"model", "messages", "stream", "max_tokens"}


async def test_what_anthropic_does_not_know_is_left_out_and_named(
    make: Make, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    prompt = evolve(HELLO, parameters={"seed": 7, "logprobs": True, "temperature": 1})
    with caplog.at_level(logging.WARNING):
        await make(fault_server.url, options={"sampling": False}).generate(prompt)  # as it is at the vendor's
    assert fault_server.requests[0].json.keys() == {"model", "messages", "max_tokens", "stream"}
    assert [record.getMessage() for record in caplog.records] == [
        "model 'mine': Claude takes no logprobs, seed, temperature; left out"
    ]


async def test_fields_of_anthropics_own_dialect_are_passed_on(make: Make, fault_server: FaultServer) -> None:
    await make(fault_server.url).generate(
        evolve(HELLO, dialect="anthropic", extra={"mcp_servers": [], "model": "other"})
    )
    await make(fault_server.url).generate(evolve(HELLO, dialect="openai", extra={"logit_bias": {}}))
    first, second = (request.json for request in fault_server.requests)
    assert first["mcp_servers"] == []
    assert first["model"] == "mine"
    assert "logit_bias" not in second


async def test_an_api_version_may_be_asked_for(make: Make, fault_server: FaultServer) -> None:
    await make(fault_server.url, options={"api_version": "2023-06-01"}).generate(HELLO)
    assert fault_server.requests[0].headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ((), "says nothing"),
        ((Message("user", ""), Message("system", "Be.")), "says nothing"),
        ((Message("user", [Media(media_type="audio/wav", data=b"x")]),), "takes no audio/wav"),
        ((Message("user", [Media(media_type="image/png")]),), "holds nothing"),
    ],
)
async def test_what_cannot_be_sent_is_refused_here(
    make: Make, fault_server: FaultServer, messages: tuple[Message, ...], words: str
) -> None:
    with pytest.raises(ProviderReplyError, match=words) as caught:
        await make(fault_server.url).generate(Prompt(messages=messages))
    assert caught.value.refused
    assert fault_server.requests == []


async def test_a_request_that_is_no_json_is_refused_here(make: Make, fault_server: FaultServer) -> None:
    with pytest.raises(ProviderReplyError, match="cannot be written as JSON"):
        await make(fault_server.url).generate(evolve(HELLO, parameters={"metadata": {"user_id": object()}}))
    assert fault_server.requests == []


async def test_tokens_are_counted_by_the_server(make: Make, fault_server: FaultServer) -> None:
    provider = make(fault_server.url)
    prompt = evolve(HELLO, tools=(Tool(name="look"),), parameters={"max_tokens": 4, "stop": "x"})
    assert await provider.count_tokens(prompt) == 11
    request = fault_server.requests[0]
    assert request.path == "/v1/messages/count_tokens"
    assert request.json.keys() == {"model", "messages", "tools", "tool_choice"}
    fault_server.will(status(404))
    assert await provider.count_tokens(prompt) is None


@pytest.mark.parametrize(
    ("dialect", "named", "sent"),
    [
        ("anthropic", "one-2025-06-27,two", "one-2025-06-27,two"),
        ("openai", "one-2025-06-27", None),
        ("anthropic", "x\r\nx-api-key: y", None),
        ("anthropic", 5, None),
    ],
)
async def test_a_callers_betas_are_a_header(
    make: Make, fault_server: FaultServer, dialect: str, named: Any, sent: str | None
) -> None:
    prompt = evolve(HELLO, dialect=dialect, extra={"anthropic-beta": named})
    provider = make(fault_server.url)
    await provider.generate(prompt)
    await provider.count_tokens(prompt)
    assert [request.headers.get("anthropic-beta") for request in fault_server.requests] == [sent, sent]
    assert not any("anthropic-beta" in request.json for request in fault_server.requests)
