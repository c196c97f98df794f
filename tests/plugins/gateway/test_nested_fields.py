"""Fields within a request that only its own dialect knows: sent on to a provider of that dialect, else named."""

from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from anthropic_dialect import claude
from fault_server import FaultServer

PNG = "data:image/png;base64,iVBORw0KGgo="
SCHEMA = {"type": "object", "properties": {"town": {"type": "string"}}}
CACHED = {"cache_control": {"type": "ephemeral"}}
CHAT: Any = {
    "messages": [
        {"role": "system", "content": [{"type": "text", "text": "Be brief.", **CACHED}]},
        {
            "role": "user",
            "name": "ada",
            "content": [
                {"type": "text", "text": "see"},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
            ],
        },
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}}
    ],
    "response_format": {"type": "json_schema", "json_schema": {"name": "town", "strict": True, "schema": SCHEMA}},
    "prompt_cache_key": "k",
    "verbosity": "low",
}
RESPONSES: Any = {
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": PNG, "detail": "low"},
            ],
        }
    ],
    "tools": [{"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True}],
    "text": {
        "format": {"type": "json_schema", "name": "town", "strict": True, "schema": SCHEMA},
        "verbosity": "low",
    },
    "reasoning": {"effort": "low", "summary": "auto"},
    "prompt_cache_key": "k",
}
MESSAGES: Any = {
    "max_tokens": 9,
    "system": [{"type": "text", "text": "Be brief.", **CACHED}, {"type": "text", "text": "Be kind."}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "see", **CACHED},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}, **CACHED},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}, **CACHED}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [], **CACHED}]},
    ],
    "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True, **CACHED}],
    "output_config": {"effort": "low"},
}


@pytest.fixture
def settings(fault_server: FaultServer, spare: FaultServer) -> dict[str, Any]:
    """A model of each dialect."""
    spare.always(claude)
    models = {
        "open": {"provider": "openapi", "endpoint": fault_server.url},
        "claude": {"provider": "claude", "endpoint": spare.url},
    }
    roles = {role: [*models] for role in ("coding", "reasoning", "router")}
    return {"models": models, "roles": roles, "system": {"retries": 0}}


async def test_chat_to_its_own_dialect(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    done = await openai.chat.completions.with_raw_response.create(model="open", **CHAT)
    sent = fault_server.requests[-1].json
    assert {name: sent[name] for name in CHAT} == CHAT
    assert "x-aurarouter-ignored" not in done.headers


async def test_responses_to_its_own_dialect(openai: AsyncOpenAI, fault_server: FaultServer) -> None:
    done = await openai.responses.with_raw_response.create(model="open", **RESPONSES)
    sent = fault_server.requests[-1].json
    assert sent["messages"][0]["content"] == CHAT["messages"][1]["content"]
    same = ("tools", "response_format", "prompt_cache_key", "verbosity")
    assert {name: sent[name] for name in same} == {name: CHAT[name] for name in same}
    assert done.headers["x-aurarouter-ignored"] == "reasoning.summary"


async def test_messages_to_its_own_dialect(anthropic: AsyncAnthropic, spare: FaultServer) -> None:
    done = await anthropic.messages.with_raw_response.create(model="claude", **MESSAGES)
    sent = spare.requests[-1].json
    assert {name: sent[name] for name in MESSAGES} == MESSAGES
    assert "x-aurarouter-ignored" not in done.headers


async def test_what_is_said_of_a_document_goes_along(anthropic: AsyncAnthropic, spare: FaultServer) -> None:
    pdf = {"type": "url", "url": "https://example.org/a.pdf"}
    said = {"title": "Bonn", "context": "a letter", "citations": {"enabled": True}}
    content: Any = [{"type": "document", "source": pdf, **said}, {"type": "text", "text": "What?"}]
    await anthropic.messages.create(model="claude", max_tokens=9, messages=[{"role": "user", "content": content}])
    assert spare.requests[-1].json["messages"][0]["content"] == content


async def test_chat_to_another_dialect(openai: AsyncOpenAI) -> None:
    done = await openai.chat.completions.with_raw_response.create(model="claude", **CHAT)
    assert done.headers["x-aurarouter-ignored"].split(", ") == [
        "messages[0].content[0].cache_control",
        "messages[1].content[1].image_url.detail",
        "messages[1].name",
        "prompt_cache_key",
        "response_format.json_schema.name",
        "response_format.json_schema.strict",
        "tools[0].function.strict",
        "verbosity",
    ]


async def test_responses_to_another_dialect(openai: AsyncOpenAI) -> None:
    done = await openai.responses.with_raw_response.create(model="claude", **RESPONSES)
    assert done.headers["x-aurarouter-ignored"].split(", ") == [
        "input[0].content[1].detail",
        "prompt_cache_key",
        "reasoning.summary",
        "text.format.name",
        "text.format.strict",
        "text.verbosity",
        "tools[0].strict",
    ]


async def test_messages_to_another_dialect(anthropic: AsyncAnthropic, fault_server: FaultServer) -> None:
    done = await anthropic.messages.with_raw_response.create(model="open", **MESSAGES)
    assert done.headers["x-aurarouter-ignored"].split(", ") == [
        "messages[0].content[0].cache_control",
        "messages[0].content[1].cache_control",
        "messages[1].content[0].cache_control",
        "messages[2].content[0].cache_control",
        "output_config.effort",
        "system[0].cache_control",
        "tools[0].cache_control",
        "tools[0].strict",
    ]
    assert b"cache_control" not in fault_server.requests[-1].body


@pytest.mark.parametrize("model", ["open", "claude"])
async def test_what_nobody_takes_is_named(anthropic: AsyncAnthropic, model: str) -> None:
    messages: Any = [{"role": "user", "content": "hello", "mood": "good"}]
    done = await anthropic.messages.with_raw_response.create(model=model, max_tokens=9, messages=messages)
    assert done.headers["x-aurarouter-ignored"] == "messages[0].mood"


async def test_many_names_are_cut(openai: AsyncOpenAI) -> None:
    messages: Any = [{"role": "user", "name": "ada", "content": "hello"}] * 500
    done = await openai.chat.completions.with_raw_response.create(model="claude", messages=messages)
    told = done.headers["x-aurarouter-ignored"]
    assert 1900 < len(told) < 2048
    assert told.startswith("messages[0].name, ")
    assert told.endswith(".name, ...")


async def test_thoughts_and_marks_of_an_answer_are_no_news_when_it_is_sent_back(
    openai: AsyncOpenAI, fault_server: FaultServer
) -> None:
    first = await openai.responses.create(model="open", input="hello")
    turns: Any = [{"role": "user", "content": "hello"}, *(item.to_dict() for item in first.output), *RESPONSES["input"]]
    done = await openai.responses.with_raw_response.create(model="open", input=turns)
    assert "x-aurarouter-ignored" not in done.headers
    assert fault_server.requests[-1].json["messages"][1] == {"role": "assistant", "content": "Hello Ada."}
