"""Nothing said: a whole answer without a word is one, in each dialect, and a prompt without a word is none."""

from typing import Any

import pytest
from anthropic import AsyncAnthropic, BadRequestError
from openai import AsyncOpenAI
from openai import BadRequestError as OpenAIRequestError

from fault_server import FaultServer
from faults import piece, stream, whole_stream

HELLO: Any = [{"role": "user", "content": "hello there"}]
NOTHING: Any = [{"role": "user", "content": ""}]


@pytest.fixture
def mute(fault_server: FaultServer, spare: FaultServer) -> FaultServer:
    """Both models end their turn without a word."""
    for server in (fault_server, spare):
        server.always(whole_stream())
    return spare


async def test_of_chats(openai: AsyncOpenAI, mute: FaultServer) -> None:
    done = await openai.chat.completions.create(model="auto", messages=HELLO)
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("", "stop")
    assert done.usage is not None
    assert (done.model, done.usage.prompt_tokens) == ("second", 7)
    chunks = [chunk async for chunk in await openai.chat.completions.create(model="auto", messages=HELLO, stream=True)]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == ""
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_of_responses(openai: AsyncOpenAI, mute: FaultServer) -> None:
    done = await openai.responses.create(model="auto", input="hello there")
    assert (done.status, done.output_text) == ("completed", "")
    async with openai.responses.stream(model="auto", input="hello there") as events:
        kinds = [event.type async for event in events]
    assert kinds[-1] == "response.completed"


async def test_of_messages(anthropic: AsyncAnthropic, mute: FaultServer) -> None:
    done = await anthropic.messages.create(model="auto", max_tokens=9, messages=HELLO)
    assert (done.content, done.stop_reason) == ([], "end_turn")
    async with anthropic.messages.stream(model="auto", max_tokens=9, messages=HELLO) as events:
        assert (await events.get_final_message()).content == []


async def test_the_next_model_is_asked_first(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.always(whole_stream())
    done = await openai.chat.completions.create(model="auto", messages=HELLO)
    assert (done.model, done.choices[0].message.content) == ("second", "Hello Ada.")


async def test_all_tokens_spent_without_a_word(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    fault_server.always(stream([piece(finish="length"), "[DONE]"]))
    done = await openai.chat.completions.create(model="first", messages=HELLO, max_tokens=1)
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("", "length")


async def test_an_empty_prompt(openai: AsyncOpenAI, anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    with pytest.raises(OpenAIRequestError, match="messages must not be empty"):
        await openai.chat.completions.create(model="auto", messages=NOTHING)
    with pytest.raises(OpenAIRequestError, match="input must not be empty"):
        await openai.responses.create(model="auto", input="")
    with pytest.raises(BadRequestError, match="messages must not be empty"):
        await anthropic.messages.create(model="auto", max_tokens=9, messages=NOTHING)
    assert fault_server.bytes_received == 0
