"""What the ollama provider sends is what Ollama's API takes."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    EmbedRequest,
    Media,
    Message,
    Opaque,
    Prompt,
    ProviderReplyError,
    Secret,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
    Usage,
)
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import answer
from ollama_faults import MODEL

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool(name="weather", description="How it is there", schema=SCHEMA)


async def sent(on_ollama: Make, server: FaultServer, prompt: Prompt, **settings: Any) -> dict[str, Any]:
    """The body of a request; a stream's is the same but for `stream`."""
    provider = on_ollama(**settings)
    await provider.generate(prompt)
    assert [chunk async for chunk in provider.stream(prompt)]
    whole, streamed = (request.json for request in server.requests[-2:])
    assert streamed == whole | {"stream": True}
    assert isinstance(whole, dict)
    return whole


async def test_parameters_get_ollamas_names(on_ollama: Make, fault_server: FaultServer) -> None:
    given = {
        "max_tokens": 9,
        "stop": "END",
        "seed": 7,
        "temperature": 0,
        "top_p": 0.5,
        "top_k": 3,
        "min_p": 0.1,
        "num_ctx": 2048,
        "repeat_penalty": 1.2,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "mirostat_of_tomorrow": 2,
        "logprobs": True,
        "top_logprobs": 2,
        "think": False,
        "n": None,
    }
    body = await sent(on_ollama, fault_server, Prompt(messages=HELLO.messages, parameters=given))
    assert body == {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Say hello to Ada."}],
        "stream": False,
        "truncate": False,
        "think": False,
        "logprobs": True,
        "top_logprobs": 2,
        "options": {
            "num_predict": 9,
            "stop": ["END"],
            "seed": 7,
            "temperature": 0,
            "top_p": 0.5,
            "top_k": 3,
            "min_p": 0.1,
            "num_ctx": 2048,
            "repeat_penalty": 1.2,
            "presence_penalty": 0.1,
            "frequency_penalty": 0.2,
            "mirostat_of_tomorrow": 2,
        },
    }


@pytest.mark.parametrize(
    ("name", "value", "field", "meant"),
    [
        ("reasoning_effort", "high", "think", "high"),
        ("reasoning_effort", "none", "think", False),
        ("response_format", {"type": "json_object"}, "format", "json"),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": SCHEMA}}, "format", SCHEMA),
        ("format", "json", "format", "json"),
        ("keep_alive", "30m", "keep_alive", "30m"),
        ("max_completion_tokens", 4, "options", {"num_predict": 4}),
        ("stop", ["a", "b"], "options", {"stop": ["a", "b"]}),
    ],
)
async def test_a_parameter_may_stand_beside_the_options(
    on_ollama: Make, fault_server: FaultServer, name: str, value: object, field: str, meant: object
) -> None:
    body = await sent(on_ollama, fault_server, Prompt(messages=HELLO.messages, parameters={name: value}))
    assert body[field] == meant


async def test_the_models_options_are_sent_and_parameters_come_before_them(
    on_ollama: Make, fault_server: FaultServer
) -> None:
    options = {"num_ctx": 8192, "keep_alive": "1h", "truncate": True, "think": "low", "relay": True, "seed": 1}
    prompt = Prompt(messages=HELLO.messages, parameters={"seed": 2})
    body = await sent(on_ollama, fault_server, prompt, options=options)
    assert body["options"] == {"num_ctx": 8192, "seed": 2}
    assert (body["keep_alive"], body["truncate"], body["think"]) == ("1h", True, "low")
    assert "relay" not in body
    assert on_ollama(options=options).capabilities().context_length == 8192


async def test_a_schema_is_the_format(on_ollama: Make, fault_server: FaultServer) -> None:
    body = await sent(on_ollama, fault_server, Prompt(messages=HELLO.messages, response_schema=SCHEMA))
    assert body["format"] == SCHEMA


async def test_pictures_go_as_bytes(on_ollama: Make, fault_server: FaultServer) -> None:
    picture = base64.b64encode(b"\x89PNG").decode()
    parts = (
        Text("What is "),
        Media(media_type="image/png", data=b"\x89PNG"),
        Text("this?"),
        Media(media_type="image/png", url=f"data:image/png;base64,{picture}"),
    )
    body = await sent(on_ollama, fault_server, Prompt(messages=(Message("user", parts),)))
    assert body["messages"] == [{"role": "user", "content": "What is this?", "images": [picture, picture]}]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Media(media_type="image/png", url="https://example.org/cat.png"), "fetches no pictures"),
        (Media(media_type="audio/wav", data=b"x"), "holds audio/wav"),
        (ToolCall(id="1", name="weather", arguments="{oops"), "arguments of the call of 'weather'"),
        (ToolCall(id="1", name="weather", arguments="[1]"), "arguments of the call of 'weather'"),
    ],
)
async def test_what_has_no_place_is_refused_before_anything_is_sent(
    on_ollama: Make, fault_server: FaultServer, part: Any, words: str
) -> None:
    prompt = Prompt(messages=(Message("user", (part,)),))
    with pytest.raises(ProviderReplyError, match=words) as caught:
        await on_ollama().generate(prompt)
    assert caught.value.refused
    with pytest.raises(ProviderReplyError, match=words):
        await anext(on_ollama().stream(prompt))
    assert fault_server.connections == 0


@pytest.mark.parametrize("choice", ["required", "weather"])
async def test_a_tool_cannot_be_forced(on_ollama: Make, fault_server: FaultServer, choice: str) -> None:
    with pytest.raises(ProviderReplyError, match="can't make a model call a tool") as caught:
        await on_ollama().generate(Prompt(messages=HELLO.messages, tools=(WEATHER,), tool_choice=choice))
    assert caught.value.refused
    body = await sent(on_ollama, fault_server, Prompt(messages=HELLO.messages, tools=(WEATHER,), tool_choice="none"))
    assert "tools" not in body


async def test_thoughts_go_back_to_the_model_that_thought_them_alone(
    on_ollama: Make, fault_server: FaultServer
) -> None:
    def turn(**who: str) -> Message:
        return Message("assistant", (Opaque(data={"thinking": "hm"}, **{"provider": "ollama", **who}), Text("Yes.")))

    for who, kept in (({"model": "mine"}, True), ({"model": "other"}, False), ({"provider": "claude"}, False)):
        body = await sent(on_ollama, fault_server, Prompt(messages=(turn(**who), Message("user", "Why?"))))
        assert ("thinking" in body["messages"][0]) is kept


async def test_a_tools_picture_comes_after_its_words(on_ollama: Make, fault_server: FaultServer) -> None:
    picture = Media(media_type="image/png", data=b"x")
    turn = Message("tool", (ToolResult(call_id="unknown", content="see", media=(picture,)),))
    body = await sent(on_ollama, fault_server, Prompt(messages=(turn,)))
    assert body["messages"] == [
        {"role": "tool", "content": "see", "tool_call_id": "unknown"},
        {"role": "user", "content": "", "images": [base64.b64encode(b"x").decode()]},
    ]


async def test_it_embeds_loads_and_unloads(on_ollama: Make, fault_server: FaultServer) -> None:
    provider = on_ollama(options={"keep_alive": "1h", "num_ctx": 512})
    found = await provider.embed(EmbedRequest(texts=("a", "b"), dimensions=2))
    assert found.vectors == [[0.6, 0.8], [0.6, 0.8]]
    assert found.usage == Usage(input_tokens=5)
    assert fault_server.requests[-1].json == {
        "model": MODEL,
        "input": ["a", "b"],
        "dimensions": 2,
        "truncate": False,
        "keep_alive": "1h",
        "options": {"num_ctx": 512},
    }
    await provider.load()
    assert fault_server.requests[-1].path == "/api/generate"
    assert fault_server.requests[-1].json["keep_alive"] == "1h"
    assert "prompt" not in fault_server.requests[-1].json
    await provider.unload()
    assert fault_server.requests[-1].json == {"model": MODEL, "keep_alive": 0, "stream": False}


@pytest.mark.parametrize("vectors", [None, [], [[1.0]], [[1.0], ["x"]], [[1.0], 2], [[1.0], [True]]])
async def test_vectors_must_be_one_for_each_text(on_ollama: Make, fault_server: FaultServer, vectors: object) -> None:
    fault_server.will(answer({"model": MODEL, "embeddings": vectors}))
    with pytest.raises(ProviderReplyError, match="embeddings"):
        await on_ollama().embed(EmbedRequest(texts=("a", "b")))


async def test_keys_and_the_trace_travel_in_headers(on_ollama: Make, fault_server: FaultServer) -> None:
    trace = TraceContext(trace_id="1" * 32, span_id="2" * 16)
    await on_ollama(api_key=Secret(" sk-mine\n")).generate(Prompt(messages=HELLO.messages, trace_context=trace))
    headers = fault_server.requests[0].headers
    assert headers["authorization"] == "Bearer sk-mine"
    assert headers["traceparent"] == trace.traceparent


async def test_connections_are_kept(on_ollama: Make, fault_server: FaultServer) -> None:
    provider = on_ollama()
    for _ in range(2):
        await provider.generate(HELLO)
        assert [chunk.text async for chunk in provider.stream(HELLO)] == ["Hello ", "Ada.", ""]
    await provider.health()
    assert len(fault_server.requests) == 6
    assert fault_server.connections == 1
