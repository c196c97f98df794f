"""The vendors' own clients, through the gateway, at a real llama.cpp server."""

import json
from typing import Any

import openai as sdk
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from llama_server import LlamaServer

pytestmark = pytest.mark.model
HELLO: Any = [{"role": "user", "content": "Say hello."}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 20}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.fixture
def settings(llama_server: LlamaServer) -> dict[str, Any]:
    models = {"real": {"provider": "openapi", "endpoint": llama_server.url, "model_name": llama_server.name}}
    return {"models": models, "roles": {role: ["real"] for role in ("coding", "reasoning", "router")}}


async def test_chat(openai: AsyncOpenAI) -> None:
    done = await openai.chat.completions.create(model="auto", messages=HELLO, max_tokens=8, seed=1, stop=["END"])
    assert done.choices[0].message.content
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 8
    short = await openai.chat.completions.create(model="real", messages=HELLO, max_tokens=4)
    assert short.choices[0].finish_reason == "length"
    stream = await openai.chat.completions.create(
        model="auto", messages=HELLO, max_tokens=8, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage is not None


async def test_a_schema_is_kept_to(openai: AsyncOpenAI) -> None:
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}}
    asked: Any = [{"role": "user", "content": "Which city is the capital of France?"}]
    done = await openai.chat.completions.create(
        model="auto", messages=asked, max_tokens=60, temperature=0, response_format=wanted
    )
    assert set(json.loads(done.choices[0].message.content or "")) == {"city"}


async def test_responses(openai: AsyncOpenAI) -> None:
    done = await openai.responses.create(model="auto", input="Say hello.", max_output_tokens=16)
    assert done.output_text
    kinds = []
    async with openai.responses.stream(model="auto", input="Say hello.", max_output_tokens=16) as events:
        kinds = [event.type async for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert "response.output_text.delta" in kinds


async def test_models_and_errors(openai: AsyncOpenAI) -> None:
    assert {"auto", "real"} <= {model.id async for model in openai.models.list()}
    with pytest.raises(sdk.NotFoundError, match="nobody"):
        await openai.chat.completions.create(model="nobody", messages=HELLO)
    with pytest.raises(sdk.APIStatusError):
        await openai.chat.completions.create(model="auto", messages=[{"role": "user", "content": "word " * 9000}])


async def test_who_leaves_in_the_middle_can_come_again(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(model="auto", messages=HELLO, max_tokens=400, stream=True)
    await anext(aiter(stream))
    await stream.close()
    done = await openai.chat.completions.create(model="auto", messages=HELLO, max_tokens=16, temperature=0)
    assert done.choices[0].message.content


async def test_messages(anthropic: AsyncAnthropic) -> None:
    done = await anthropic.messages.create(model="auto", max_tokens=8, messages=HELLO, system="Be brief.")
    assert done.content[0].type == "text"
    assert (done.role, 0 < done.usage.output_tokens <= 8) == ("assistant", True)
    async with anthropic.messages.stream(model="auto", max_tokens=8, messages=HELLO) as stream:
        assert "".join([text async for text in stream.text_stream])
        assert (await stream.get_final_message()).usage.output_tokens
    assert (await anthropic.messages.count_tokens(model="auto", messages=HELLO)).input_tokens > 2
