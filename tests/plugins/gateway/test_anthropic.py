"""Anthropic's own client on `/v1/messages`."""

from typing import Any

import anthropic as sdk
import pytest
from anthropic import AsyncAnthropic

from fault_server import FaultServer
from faults import half_a_stream, piece, status, stream
from tool_calls import called

HELLO: Any = [{"role": "user", "content": "hello there"}]
WEATHER: Any = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {}}}
LIMIT: Any = {"max_tokens": 9, "model": "auto"}


async def test_an_answer_as_a_whole(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    message = await anthropic.messages.create(system="Be brief.", messages=HELLO, stop_sequences=["END"], **LIMIT)
    assert message.content[0].type == "text"
    assert message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message.model == "first"
    sent = fault_server.requests[-1].json
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, *HELLO]
    assert (sent["max_tokens"], sent["stop"]) == (9, ["END"])


async def test_an_answer_piece_by_piece(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    fault_server.will(stream([piece("one "), piece("two"), piece(finish="length")]))
    async with anthropic.messages.stream(messages=HELLO, **LIMIT) as events:
        texts = [text async for text in events.text_stream]
        final = await events.get_final_message()
    assert texts == ["one ", "two"]
    assert final.stop_reason == "max_tokens"


@pytest.mark.parametrize("told", ["END", 7, None])
async def test_which_stop_sequence_it_was_where_a_server_tells(
    anthropic: AsyncAnthropic, fault_server: FaultServer, told: Any
) -> None:
    last = piece(finish="stop")
    last["choices"][0]["stop_reason"] = told
    fault_server.will(stream([piece("one"), last]))
    message = await anthropic.messages.create(messages=HELLO, stop_sequences=["END"], **LIMIT)
    known = ("stop_sequence", "END") if told == "END" else ("end_turn", None)
    assert (message.stop_reason, message.stop_sequence) == known


async def test_tools_both_ways(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    fault_server.will(called("Let me see."))
    first = await anthropic.messages.create(messages=HELLO, tools=[WEATHER], **LIMIT)
    assert [block.type for block in first.content] == ["text", "tool_use"]
    assert first.content[1].input == {"town": "Bonn"}
    assert first.stop_reason == "tool_use"
    result: Any = {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "rain"}]}
    turns: Any = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    await anthropic.messages.create(messages=turns, tools=[WEATHER], **LIMIT)
    assert fault_server.requests[-1].json["messages"][-1]["content"] == "rain"


async def test_a_tool_call_piece_by_piece(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    fault_server.will(called("So:"))
    async with anthropic.messages.stream(messages=HELLO, tools=[WEATHER], **LIMIT) as events:
        final = await events.get_final_message()
    assert final.content[1].input == {"town": "Bonn"}  # type: ignore[union-attr]


async def test_foreign_fields_are_named(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    raw = await anthropic.messages.with_raw_response.create(messages=HELLO, thinking={"type": "disabled"}, **LIMIT)
    assert raw.headers["x-aurarouter-ignored"] == "thinking"
    assert "thinking" not in fault_server.requests[-1].json


async def test_counting_asks_nobody(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    counted = await anthropic.messages.count_tokens(model="auto", messages=HELLO)
    assert counted.input_tokens > 0
    assert not fault_server.requests


async def test_before_the_first_token_the_next_model_takes_over(
    anthropic: AsyncAnthropic, fault_server: FaultServer
) -> None:
    fault_server.always(status(500))
    assert (await anthropic.messages.create(messages=HELLO, **LIMIT)).model == "second"


async def test_after_the_first_token_the_stream_ends_with_an_error(
    anthropic: AsyncAnthropic, fault_server: FaultServer, spare: FaultServer
) -> None:
    fault_server.will(half_a_stream())
    told = ""
    with pytest.raises(sdk.APIError, match="stops short"):  # noqa: PT012 - what came before it counts too
        async with anthropic.messages.stream(messages=HELLO, **LIMIT) as events:
            async for text in events.text_stream:
                told += text
    assert told
    assert not spare.requests


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"model": "none-such"}, sdk.NotFoundError, "none-such"),
        ({"messages": []}, sdk.BadRequestError, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, sdk.BadRequestError, "video"),
        ({"max_tokens": 0}, sdk.BadRequestError, "max_tokens must be at least 1"),
        ({"max_tokens": -1}, sdk.BadRequestError, "max_tokens must be at least 1"),
        ({"max_tokens": 5.5}, sdk.BadRequestError, "max_tokens must be a whole number"),
        ({"stop_sequences": ["a", 1, None]}, sdk.BadRequestError, r"stop_sequences\[1\] must be a text"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, sdk.BadRequestError, "web_search"),
    ],
)
async def test_bad_requests(anthropic: AsyncAnthropic, body: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        await anthropic.messages.create(**({"messages": HELLO} | LIMIT | body))
