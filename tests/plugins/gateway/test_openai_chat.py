"""OpenAI's own client on `/v1/chat/completions`."""

import asyncio
import json
from typing import Any

import openai as sdk
import pytest
from openai import AsyncOpenAI

from fault_server import FaultServer
from faults import half_a_stream, hang, piece, status, stream
from gateway import gateway
from tool_calls import called

HELLO: Any = [{"role": "user", "content": "hello there"}]
WEATHER: Any = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {}}},
}


async def test_an_answer_as_a_whole(openai: AsyncOpenAI) -> None:
    done = await openai.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
    completion = done.parse()
    assert completion.object == "chat.completion"
    assert completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == done.headers["x-aurarouter-model"] == "first"
    assert done.headers["x-aurarouter-intent"] == "DIRECT"
    assert len(done.headers["x-aurarouter-task"]) == 32
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


async def test_an_answer_piece_by_piece(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(stream([piece("one "), piece("two"), piece(finish="length")]))
    chunks = [
        chunk
        async for chunk in await openai.chat.completions.create(
            model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    ]
    told = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert told == "one two"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    assert chunks[-1].usage is not None
    assert not chunks[-1].choices


@pytest.mark.parametrize("streams", [False, True])
async def test_a_model_that_is_asked_for_the_kind_of_task_first_tells_the_client_nothing(
    settings: dict[str, Any], fault_server: FaultServer, spare: FaultServer, streams: bool
) -> None:
    settings["roles"] = {"coding": ["first"], "reasoning": ["second"], "router": ["first"]}
    fault_server.will(stream([piece('{"intent": "ANALYSIS"}'), piece(finish="stop")]))
    spare.will(stream([piece("one "), piece("two"), piece(finish="stop")]))
    unclear: Any = [{"role": "user", "content": "user"}]
    async with gateway(settings) as url, AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client:
        raw: Any = await client.chat.completions.with_raw_response.create(
            model="auto", messages=unclear, stream=streams
        )
        if streams:
            told = [chunk.choices[0].delta.content or "" async for chunk in raw.parse() if chunk.choices]
        else:
            told = [raw.parse().choices[0].message.content]
    assert (raw.headers["x-aurarouter-model"], "".join(told)) == ("second", "one two")
    assert len(fault_server.requests) == len(spare.requests) == 1


async def test_parameters_and_fields_of_the_same_dialect_go_through(
    openai: AsyncOpenAI, fault_server: FaultServer
) -> None:
    done = await openai.chat.completions.with_raw_response.create(
        model="first", messages=HELLO, temperature=0.5, seed=7, stop=["END"], max_tokens=9, extra_body={"min_p": 0.1}
    )
    sent = fault_server.requests[-1].json
    assert (sent["temperature"], sent["seed"], sent["stop"], sent["max_tokens"]) == (0.5, 7, ["END"], 9)
    assert sent["min_p"] == 0.1
    assert "x-aurarouter-ignored" not in done.headers


async def test_tools_both_ways(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(called())
    first = await openai.chat.completions.create(model="auto", messages=HELLO, tools=[WEATHER])
    call = first.choices[0].message.tool_calls
    assert call is not None
    assert (call[0].id, call[0].function.name) == ("call_1", "weather")  # type: ignore[union-attr]
    assert first.choices[0].finish_reason == "tool_calls"
    turn: Any = first.choices[0].message.model_dump(exclude_none=True)
    result: Any = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
    await openai.chat.completions.create(model="auto", messages=[*HELLO, turn, result], tools=[WEATHER])
    sent = fault_server.requests[-1].json["messages"]
    assert sent[1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"town": "Bonn"}'}
    assert sent[2] == {"role": "tool", "tool_call_id": "call_1", "content": "rain"}


async def test_a_tool_call_piece_by_piece(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(called())
    async with openai.chat.completions.stream(model="auto", messages=HELLO, tools=[WEATHER]) as events:
        done = await events.get_final_completion()
    calls = done.choices[0].message.tool_calls
    assert calls is not None
    assert json.loads(calls[0].function.arguments) == {"town": "Bonn"}


async def test_a_schema_is_passed_on(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    schema = {"type": "object", "properties": {"town": {"type": "string"}}}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "town", "schema": schema}}
    await openai.chat.completions.create(model="auto", messages=HELLO, response_format=wanted)
    assert fault_server.requests[-1].json["response_format"]["json_schema"]["schema"] == schema


async def test_before_the_first_token_the_next_model_takes_over(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.always(status(500))
    done = await openai.chat.completions.create(model="auto", messages=HELLO)
    assert done.model == "second"


async def test_after_the_first_token_the_stream_ends_with_an_error(
    openai: AsyncOpenAI, fault_server: FaultServer, spare: FaultServer
) -> None:
    fault_server.will(half_a_stream())
    told = ""
    with pytest.raises(sdk.APIError, match="stops short"):  # noqa: PT012 - what came before it counts too
        async for chunk in await openai.chat.completions.create(model="auto", messages=HELLO, stream=True):
            told += chunk.choices[0].delta.content or ""
    assert told
    assert not spare.requests


@pytest.mark.parametrize("stream", [False, True])
async def test_what_every_backend_refuses_as_wrong_is_not_to_be_sent_again(
    openai: AsyncOpenAI, fault_server: FaultServer, spare: FaultServer, stream: bool
) -> None:
    wrong = status(400, None, b'{"error": {"message": "top_k must be odd"}}')
    fault_server.will(wrong)
    spare.will(wrong)
    with pytest.raises(sdk.BadRequestError, match="top_k must be odd"):
        await openai.chat.completions.create(model="auto", messages=HELLO, stream=stream)
    fault_server.will(wrong)
    spare.will(status(503))
    with pytest.raises(sdk.InternalServerError) as caught:
        await openai.chat.completions.create(model="auto", messages=HELLO, stream=stream)
    assert caught.value.status_code == 503


async def test_an_answer_as_a_whole_that_broke_off_is_an_error(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.will(half_a_stream())
    with pytest.raises(sdk.InternalServerError) as caught:
        await openai.chat.completions.create(model="auto", messages=HELLO)
    assert caught.value.status_code == 502
    assert "stops short" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"model": "none-such"}, sdk.NotFoundError, "none-such"),
        ({"model": "role:none-such"}, sdk.NotFoundError, "none-such"),
        ({"model": "auto", "n": 3}, sdk.BadRequestError, "n must be 1"),
        ({"model": "auto", "messages": []}, sdk.BadRequestError, "messages"),
        ({"model": "auto", "temperature": "hot"}, sdk.BadRequestError, "temperature must be a number"),
        ({"model": "auto", "tools": [{"type": "web_search"}]}, sdk.BadRequestError, "function"),
    ],
)
async def test_bad_requests(openai: AsyncOpenAI, body: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        await openai.chat.completions.create(**({"messages": HELLO} | body))


async def test_when_all_are_busy_the_client_is_told_when_to_come_back(
    openai: AsyncOpenAI, fault_server: FaultServer, spare: FaultServer
) -> None:
    for server in (fault_server, spare):
        server.always(status(429, {"Retry-After": "400"}))
    with pytest.raises(sdk.RateLimitError):
        await openai.chat.completions.create(model="auto", messages=HELLO)


async def test_who_leaves_stops_the_model(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.always(hang)
    asking = asyncio.create_task(openai.chat.completions.create(model="first", messages=HELLO))
    await asyncio.to_thread(fault_server.hanging.wait, 5)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert await asyncio.to_thread(fault_server.left.wait, 5)
