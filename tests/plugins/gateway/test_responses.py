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
    assert [item.to_dict()["status"] for item in events[-1].response.output] == ["incomplete"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_that_was_cut_is_incomplete(
    openai: AsyncOpenAI, fault_server: FaultServer, streamed: bool
) -> None:
    fault_server.will(stream([piece("one "), piece(finish="length")]))
    if streamed:
        async with openai.responses.stream(model="auto", input="hello") as events:
            response: Any = [event async for event in events][-1].response  # type: ignore[union-attr]
    else:
        response = await openai.responses.create(model="auto", input="hello")
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert [item.status for item in response.output] == ["incomplete"]


async def test_what_was_asked_for_is_repeated(openai: AsyncOpenAI) -> None:
    text: Any = {"format": {"type": "json_schema", "name": "town", "schema": SCHEMA, "strict": True}}
    response = await openai.responses.create(model="auto", input="hello", text=text, metadata={"a": "b"})
    assert response.text is not None
    assert response.text.to_dict() == text
    assert response.metadata == {"a": "b"}
    plain = await openai.responses.create(model="auto", input="hello", text={"verbosity": "low"})
    assert plain.text is not None
    assert plain.text.to_dict() == {"format": {"type": "text"}, "verbosity": "low"}
    assert plain.metadata == {}
    assert [item.to_dict()["status"] for item in plain.output] == ["completed"]


@pytest.mark.parametrize("field", ["previous_response_id", "conversation"])
async def test_nothing_is_kept_here(openai: AsyncOpenAI, field: str) -> None:
    with pytest.raises(sdk.BadRequestError, match=field):
        await openai.responses.create(model="auto", input="hello", extra_body={field: "resp_1"})
