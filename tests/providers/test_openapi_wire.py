"""The openapi provider sends and reads every part of the API, in the shapes that servers really use."""

import asyncio
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
    Reply,
    Secret,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import REPLY, Turn, answer, event, piece, stream

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


async def test_tool_calls_come_back_whole_and_in_pieces(openapi: Make, fault_server: FaultServer) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x": 1}'}}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [call]}}
    pieces = [
        piece(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "look", "arguments": ""}}]),
        piece(tool_calls=[{"index": 0, "function": {"arguments": '{"x"'}}]),
        piece(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]),
        piece(finish="tool_calls"),
        "[DONE]",
    ]
    fault_server.will(answer({"choices": [choice]}), stream(pieces))
    provider = openapi(fault_server.url)
    whole = await provider.generate(HELLO)
    assembled = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    for reply in (whole, assembled):
        assert reply.tool_calls == (ToolCall(id="c1", name="look", arguments='{"x": 1}'),)
        assert reply.finish == "tool_calls"


@pytest.mark.parametrize("number", [{"index": 0}, {}, {"index": None}, {"index": "0"}])
@pytest.mark.parametrize("named", [True, False])
async def test_calls_that_share_a_number_are_told_apart(
    openapi: Make, fault_server: FaultServer, number: dict[str, Any], named: bool
) -> None:
    """Gemini's way of speaking this API; other servers give no number, or no id."""
    calls = [
        number | {"function": {"name": "look", "arguments": '{"x"'}} | ({"id": "c1"} if named else {}),
        number | {"function": {"arguments": ": 1}"}},
        number | {"function": {"name": "seek", "arguments": "{}"}} | ({"id": "c2"} if named else {}),
    ]
    fault_server.will(stream([*(piece(tool_calls=[call]) for call in calls), piece(finish="stop"), "[DONE]"]))
    reply = Reply.from_chunks([chunk async for chunk in openapi(fault_server.url).stream(HELLO)])
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("look", '{"x": 1}'), ("seek", "{}")]
    ids = [call.id for call in reply.tool_calls]
    assert ids == ["c1", "c2"] if named else all(ids) and ids[0] != ids[1]
    assert reply.finish == "tool_calls"


async def test_a_call_is_named_once(openapi: Make, fault_server: FaultServer) -> None:
    """Whoever puts the pieces together may add names and ids up as well as arguments."""
    said = [
        {"index": 3, "id": "c1", "function": {"arguments": ""}},
        {"index": 3, "id": "c1", "function": {"name": "look", "arguments": "{"}},
        {"index": 3, "id": "c1", "function": {"name": "look", "arguments": "}"}},
    ]
    fault_server.will(stream([*(piece(tool_calls=[call]) for call in said), piece(finish="tool_calls"), "[DONE]"]))
    deltas = [delta async for chunk in openapi(fault_server.url).stream(HELLO) for delta in chunk.tool_calls]
    assert [(delta.index, delta.id, delta.name) for delta in deltas] == [(0, "c1", ""), (0, "", "look"), (0, "", "")]


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


async def test_a_stream_may_have_pings_odd_line_ends_and_letters(openapi: Make, fault_server: FaultServer) -> None:
    text = "a\u2028b\u0085c\x0bd"
    events = [
        b": ping\n\n",
        event(piece(text)).replace(b"\n", b"\r\n"),
        *(bytes([byte]) for byte in event(piece("é…"))),
        b"event: message\nid: 7\n\n",
        piece(finish="stop"),
        "[DONE]",
    ]
    fault_server.will(stream(events))
    provider = openapi(fault_server.url)
    chunks = [chunk async for chunk in provider.stream(HELLO)]
    assert [chunk.text for chunk in chunks] == [text, "é…", ""]


@pytest.mark.parametrize("then", ["end", "eof", "reset"])
@pytest.mark.parametrize("last", [piece(finish="length"), "[DONE]"])
async def test_either_sign_ends_a_stream(openapi: Make, fault_server: FaultServer, last: Any, then: str) -> None:
    fault_server.will(stream([piece("Hi"), last], then))
    provider = openapi(fault_server.url)
    reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "other" if last == "[DONE]" else "length")


@pytest.mark.parametrize("pings", [b": still here\n\n", {"id": "chatcmpl-2", "choices": []}])
async def test_an_answer_that_has_finished_is_whole_though_the_server_goes_on_with_pings(
    openapi: Make, fault_server: FaultServer, pings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_openapi.REST", 0.2)

    async def fault(turn: Turn) -> None:
        await stream([piece("Hi"), piece(finish="stop")], then="open")(turn)
        turn.over = False
        while True:
            await turn.chunk(pings if isinstance(pings, bytes) else event(pings))
            await asyncio.sleep(0.05)

    fault_server.will(fault)
    provider = openapi(fault_server.url)
    async with asyncio.timeout(5):
        reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "stop")


async def test_a_server_that_hangs_up_badly_after_a_whole_answer_is_logged(
    openapi: Make, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="aurarouter_openapi")
    fault_server.will(stream([piece("Hi"), piece(finish="stop")], "eof"))
    provider = openapi(fault_server.url)
    assert Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)]).text == "Hi"
    assert "nothing of the answer was lost, but: " in caplog.text


async def test_an_answer_is_whole_though_the_server_does_not_hang_up(openapi: Make, fault_server: FaultServer) -> None:
    fault_server.will(stream([piece("Hi"), piece(finish="stop"), "[DONE]"], then="hang"))
    provider = openapi(fault_server.url)
    reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "stop")
    assert await asyncio.to_thread(fault_server.left.wait, 10), "the connection was not given up"


async def test_usage_in_streams_can_be_turned_off(openapi: Make, fault_server: FaultServer) -> None:
    for options in ({}, {"stream_usage": False}):
        provider = openapi(fault_server.url, options=options)
        assert [chunk async for chunk in provider.stream(HELLO)]
    asked, not_asked = (request.json for request in fault_server.requests)
    assert asked["stream_options"] == {"include_usage": True}
    assert "stream_options" not in not_asked


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
