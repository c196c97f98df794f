"""OpenAI's own client on `/v1/responses`."""

from typing import Any

import openai as sdk
import pytest
from openai import AsyncOpenAI

from fault_server import FaultServer
from faults import half_a_stream, piece, stream
from tool_calls import called

SCHEMA = {"type": "object", "properties": {}}
WEATHER: Any = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}


async def test_an_answer_as_a_whole(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    response = await openai.responses.create(model="auto", input="hello", instructions="Be brief.", max_output_tokens=9)
    assert response.status == "completed"
    assert response.output_text
    sent = fault_server.requests[-1].json
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["max_tokens"] == 9


async def test_an_answer_piece_by_piece(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(stream([piece("one "), piece("two"), piece(finish="stop")]))
    async with openai.responses.stream(model="auto", input="hello") as events:
        kinds = [event.type async for event in events]
        final = await events.get_final_response()
    assert final.output_text == "one two"
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") == 2


async def test_tools_both_ways(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(called())
    first = await openai.responses.create(model="auto", input="hello", tools=[WEATHER])
    item = first.output[0]
    assert item.type == "function_call"
    assert (item.call_id, item.name, item.arguments) == ("call_1", "weather", '{"town": "Bonn"}')
    turns: Any = [
        {"role": "user", "content": "hello"},
        item.model_dump(exclude_none=True),
        {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
    ]
    await openai.responses.create(model="auto", input=turns, tools=[WEATHER])
    sent = fault_server.requests[-1].json["messages"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] == "call_1"


async def test_after_the_first_token_the_response_fails(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(half_a_stream())
    events = [event async for event in await openai.responses.create(model="auto", input="hello", stream=True)]
    assert events[-1].type == "response.failed"
    assert events[-1].response.error is not None
    assert "stops short" in events[-1].response.error.message
    assert events[-1].response.output_text


@pytest.mark.parametrize("field", ["previous_response_id", "conversation"])
async def test_nothing_is_kept_here(openai: AsyncOpenAI, field: str) -> None:
    with pytest.raises(sdk.BadRequestError, match=field):
        await openai.responses.create(model="auto", input="hello", extra_body={field: "resp_1"})
