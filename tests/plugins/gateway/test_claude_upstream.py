"""Anthropic's own client on `/v1/messages`, and a model of the provider `claude` behind it: what is its own stays."""

from typing import Any

import pytest
from anthropic import APIStatusError, AsyncAnthropic, BadRequestError
from openai import AsyncOpenAI

from anthropic_dialect import block, claude, events, start, stop, text, thinking, tool_use
from fault_server import FaultServer

HELLO: Any = [{"role": "user", "content": "hello there"}]
WEATHER: Any = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {}}}
LIMIT: Any = {"max_tokens": 9, "model": "auto"}
THOUGHT = {"type": "thinking", "thinking": "Hm, rain.", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "eDF5"}
UNSEEN = {"type": "thinking", "thinking": "", "signature": "dW5zZWVu"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"town": "Bonn"}}
OTHER = {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {"town": "Köln"}}
TURN = [THOUGHT, HIDDEN, {"type": "text", "text": "I look."}, CALL, UNSEEN, OTHER]


@pytest.fixture
def settings(fault_server: FaultServer) -> dict[str, Any]:
    """One model of Claude's."""
    fault_server.always(claude)
    models = {"claude": {"provider": "claude", "endpoint": fault_server.url}}
    roles = {role: [*models] for role in ("coding", "reasoning", "router")}
    return {"models": models, "roles": roles, "system": {"retries": 0}}


def thought(server: FaultServer) -> None:
    """Answer next with thinking between texts and calls."""
    pieces = [
        *thinking(0, "Hm, ", "rain.", signature="c2ln"),
        *block(1, HIDDEN),
        *text(2, "I ", "look."),
        *tool_use(3, "weather", '{"town":', ' "Bonn"}', call="toolu_1"),
        *thinking(4, signature="dW5zZWVu"),
        *tool_use(5, "weather", '{"town": "Köln"}', call="toolu_2"),
    ]
    server.will(events([start(), *pieces, *stop("tool_use")]))


@pytest.mark.parametrize("stream", [False, True])
async def test_thinking_goes_back_as_it_came(
    anthropic: AsyncAnthropic, fault_server: FaultServer, stream: bool
) -> None:
    thought(fault_server)
    if stream:
        async with anthropic.messages.stream(messages=HELLO, tools=[WEATHER], **LIMIT) as answer:
            message: Any = await answer.get_final_message()
    else:
        message = await anthropic.messages.create(messages=HELLO, tools=[WEATHER], **LIMIT)
    assert [part.to_dict() for part in message.content] == TURN
    results = [{"type": "tool_result", "tool_use_id": f"toolu_{at}", "content": "rain"} for at in (1, 2)]
    turns: Any = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    await anthropic.messages.create(messages=turns, tools=[WEATHER], **LIMIT)
    assert fault_server.requests[-1].json["messages"][1] == {"role": "assistant", "content": TURN}


async def test_thinking_stays_between_what_it_stood_between(
    anthropic: AsyncAnthropic, fault_server: FaultServer
) -> None:
    mixed = [{"type": "text", "text": "first"}, THOUGHT, CALL, HIDDEN, {"type": "text", "text": "mid"}, OTHER]
    results = [{"type": "tool_result", "tool_use_id": f"toolu_{at}", "content": "rain"} for at in (1, 2)]
    turns: Any = [*HELLO, {"role": "assistant", "content": mixed}, {"role": "user", "content": results}]
    await anthropic.messages.create(messages=turns, tools=[WEATHER], **LIMIT)
    assert fault_server.requests[-1].json["messages"][1]["content"] == mixed


async def test_thoughts_of_another_model_do_not_go_to_claude(
    anthropic: AsyncAnthropic, fault_server: FaultServer
) -> None:
    foreign: Any = [{"type": "thinking", "thinking": "hm", "signature": ""}, {"type": "text", "text": "Yes."}]
    await anthropic.messages.create(messages=[*HELLO, {"role": "assistant", "content": foreign}, *HELLO], **LIMIT)
    assert fault_server.requests[-1].json["messages"][1]["content"] == foreign[1:]


async def test_what_a_client_asks_beyond_the_version_goes_to_claude(
    anthropic: AsyncAnthropic, fault_server: FaultServer
) -> None:
    edits: Any = {"edits": [{"type": "clear_tool_uses_20250919"}]}
    names = ["context-management-2025-06-27", "mine_1.0"]
    await anthropic.beta.messages.create(messages=HELLO, betas=names, context_management=edits, **LIMIT)
    request = fault_server.requests[-1]
    assert request.headers["anthropic-beta"] == ",".join(names)
    assert request.json["context_management"] == edits
    assert "anthropic-beta" not in request.json
    with pytest.raises(BadRequestError, match="anthropic-beta is not names"):
        await anthropic.messages.create(messages=HELLO, extra_headers={"anthropic-beta": "a: b"}, **LIMIT)


URL = {"type": "url", "url": "https://example.org/a.png"}
LETTER: Any = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Dear Zoë"},
    "title": "Hi",
}


@pytest.mark.parametrize("block", [{"type": "image", "source": URL}, LETTER], ids=["image", "text"])
async def test_files_go_as_they_are(anthropic: AsyncAnthropic, fault_server: FaultServer, block: Any) -> None:
    await anthropic.messages.create(messages=[{"role": "user", "content": [block]}], **LIMIT)
    assert fault_server.requests[-1].json["messages"] == [{"role": "user", "content": [block]}]


async def test_an_image_of_openais_dialect_goes_as_its_url(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    part: Any = {"type": "image_url", "image_url": {"url": URL["url"]}}
    await openai.chat.completions.create(model="auto", messages=[{"role": "user", "content": [part]}])
    assert fault_server.requests[-1].json["messages"][0]["content"] == [{"type": "image", "source": URL}]


async def test_a_file_that_claude_does_not_take_is_refused(anthropic: AsyncAnthropic) -> None:
    block: Any = {"type": "document", "source": {**LETTER["source"], "media_type": "text/html"}}
    with pytest.raises(APIStatusError, match="takes no text/html"):
        await anthropic.messages.create(messages=[{"role": "user", "content": [block]}], **LIMIT)


SPENT = {"input_tokens": 10, "output_tokens": 5, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 3}


@pytest.mark.parametrize("stream", [False, True])
async def test_why_it_stopped_and_what_it_used_are_the_upstreams(
    anthropic: AsyncAnthropic, fault_server: FaultServer, stream: bool
) -> None:
    end = stop("stop_sequence", stop_sequence="END", usage=SPENT, output_tokens=5)
    fault_server.will(events([start(SPENT), *text(0, "Hello."), *end]))
    asked: Any = {"messages": HELLO, "stop_sequences": ["END"], **LIMIT}
    if stream:
        async with anthropic.messages.stream(**asked) as answer:
            message: Any = await answer.get_final_message()
    else:
        message = await anthropic.messages.create(**asked)
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")
    assert message.usage.to_dict() == SPENT
