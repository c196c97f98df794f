"""What the claude provider makes of the answers of Anthropic's API."""

from typing import Any

import pytest
from attrs import evolve

import claude_provider
from anthropic_dialect import (
    NAME,
    REQUEST_ID,
    block,
    claude,
    events,
    start,
    stop,
    text,
    thinking,
    tool_use,
)
from aurarouter_hooks import (
    Message,
    Opaque,
    Prompt,
    Reply,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from claude_provider import HELLO, Make
from fault_server import FaultServer

make = claude_provider.make


@pytest.fixture(autouse=True)
def _claude(fault_server: FaultServer) -> None:
    fault_server.always(claude)


async def reply_to(make: Make, server: FaultServer, *parts: Any) -> Reply:
    server.will(events([start(), *(event for part in parts for event in part)]))
    return await make(server.url).generate(HELLO)


async def test_an_answer_says_who_gave_it_and_what_it_used(make: Make, fault_server: FaultServer) -> None:
    used = {"input_tokens": 5, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 40, "output_tokens": 1}
    counted = {"cache_read_input_tokens": 50, "output_tokens_details": {"thinking_tokens": 6}}
    fault_server.will(events([start(used), *text(0, "Hi"), *stop(output_tokens=9, usage=counted)]))
    reply = await make(fault_server.url).generate(HELLO)
    assert (reply.text, reply.finish, reply.request_id, reply.model_name) == ("Hi", "stop", REQUEST_ID, NAME)
    used_up = Usage(
        input_tokens=155, output_tokens=9, cached_input_tokens=50, reasoning_tokens=6, cache_write_tokens=100
    )
    assert reply.usage == used_up


async def test_what_is_not_counted_is_estimated(make: Make, fault_server: FaultServer) -> None:
    fault_server.will(events([*text(0, "Hello there."), *stop(output_tokens=3)]))
    reply = await make(fault_server.url).generate(Prompt.of("x" * 40))
    assert reply.usage == Usage(input_tokens=10, output_tokens=3, estimated=True)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "other"),
        ("something_new", "other"),
    ],
)
async def test_why_it_stopped_is_translated(make: Make, fault_server: FaultServer, reason: str, finish: str) -> None:
    assert (await reply_to(make, fault_server, text(0, "So"), stop(reason))).finish == finish


async def test_a_refusal_says_why(make: Make, fault_server: FaultServer) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}
    silent = await reply_to(make, fault_server, stop("refusal", stop_details=details))
    assert (silent.text, silent.finish) == ("It could do harm.", "content_filter")
    broken_off = await reply_to(make, fault_server, text(0, "First,"), stop("refusal", stop_details=details))
    assert broken_off.text == "First,"


async def test_kinds_of_events_and_blocks_that_are_new_do_no_harm(make: Make, fault_server: FaultServer) -> None:
    new = {"type": "hologram", "data": "…"}
    reply = await reply_to(
        make,
        fault_server,
        [{"type": "message_weather", "sky": "blue"}],
        block(0, new, {"type": "hologram_delta", "more": 1}),
        text(1, "Hi \u2028", "there"),
        stop(),
    )
    assert reply.text == "Hi \u2028there"
    assert [part.data["block"] for part in reply.opaque] == [new]


async def test_a_tool_is_called_and_answered(make: Make, fault_server: FaultServer) -> None:
    provider = make(fault_server.url)
    prompt = Prompt(messages=(Message("user", "Weather?"),), tools=(Tool(name="sky"), Tool(name="now")))
    calls = [*tool_use(1, "sky", '{"city": "Br', 'no"}'), *tool_use(2, "now", call="toolu_02")]
    fault_server.will(events([start(), *text(0, "I look."), *calls, *stop("tool_use")]))
    reply = await provider.generate(prompt)
    assert reply.finish == "tool_calls"
    assert reply.text == "I look."
    assert reply.tool_calls == (
        ToolCall(id="toolu_01", name="sky", arguments='{"city": "Brno"}'),
        ToolCall(id="toolu_02", name="now", arguments="{}"),
    )
    results = [ToolResult(call_id=call.id, content="blue") for call in reply.tool_calls]
    turns = (*prompt.messages, reply.message, *(Message("tool", [result]) for result in results))
    await provider.generate(evolve(prompt, messages=turns))
    _, asked, answered = fault_server.requests[1].json["messages"]
    assert [part["type"] for part in asked["content"]] == ["text", "tool_use", "tool_use"]
    assert asked["content"][1]["input"] == {"city": "Brno"}
    assert [part["tool_use_id"] for part in answered["content"]] == ["toolu_01", "toolu_02"]


THOUGHT = {"type": "thinking", "thinking": "Hm, so.", "signature": "c2lnbmVk"}
HIDDEN = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}


async def test_thinking_goes_back_to_where_it_was_and_to_nobody_else(make: Make, fault_server: FaultServer) -> None:
    reply = await reply_to(
        make,
        fault_server,
        thinking(0, "Hm, ", "so."),
        text(1, "First. "),
        block(2, HIDDEN),
        text(3, "Then."),
        tool_use(4, "sky", "{}"),
        thinking(5, "Hm, so."),
        tool_use(6, "sky", "{}", call="toolu_02"),
        stop("tool_use"),
    )
    assert reply.reasoning == "Hm, so.Hm, so."
    assert reply.text == "First. Then."
    assert [(part.provider, part.model) for part in reply.opaque] == [("claude", "mine")] * 3
    foreign = Opaque(provider="google", data={"thought_signature": "x"})
    turn = Message("assistant", [foreign, *reply.message.parts])
    prompt = Prompt(messages=(Message("user", "Go."), turn))
    await make(fault_server.url).generate(prompt)
    kinds = [part.get("text") or part for part in fault_server.requests[1].json["messages"][1]["content"]]
    assert [part if isinstance(part, str) else part["type"] for part in kinds] == [
        "thinking",
        "First. ",
        "redacted_thinking",
        "Then.",
        "tool_use",
        "thinking",
        "tool_use",
    ]
    assert [kinds[0], kinds[2], kinds[5]] == [THOUGHT, HIDDEN, THOUGHT]

    await make(fault_server.url, id="other").generate(prompt)
    assert "thinking" not in str(fault_server.requests[2].json)


async def test_a_turn_that_was_shortened_keeps_its_thinking(make: Make, fault_server: FaultServer) -> None:
    part = Opaque(provider="claude", data={"block": THOUGHT, "after": {"characters": 500, "calls": 3}})
    plain = Opaque(provider="claude", data=HIDDEN)
    await make(fault_server.url).generate(
        Prompt(messages=(Message("user", "Go."), Message("assistant", [part, Text("Hi"), plain])))
    )
    assert fault_server.requests[0].json["messages"][1]["content"] == [{"type": "text", "text": "Hi"}, HIDDEN, THOUGHT]


@pytest.mark.parametrize("then", ["eof", "reset"])
async def test_an_answer_that_never_closes_well_is_whole_all_the_same(
    make: Make, fault_server: FaultServer, then: str
) -> None:
    fault_server.will(events([start(), *text(0, "Hi"), *stop()], then))
    reply = await make(fault_server.url).generate(HELLO)
    assert (reply.text, reply.finish) == ("Hi", "stop")
