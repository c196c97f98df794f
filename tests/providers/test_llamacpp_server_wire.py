"""What the llamacpp-server provider says to a llama.cpp server, and how it reads each answer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve

from aurarouter_hooks import (
    Media,
    Message,
    Prompt,
    ProviderReplyError,
    Secret,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from fault_server import FaultServer
from faults import answer, piece, status, stream
from llama_dialect import COUNTS, END, PROPS, Pretender, bit
from llama_provider import HELLO, Make, pieces

pytest_plugins = ["llama_provider_fixtures"]

TOOL = Tool(name="weather", description="Tells it.", schema={"type": "object", "properties": {"at": {}}})


def asked(server: FaultServer, path: str) -> Any:
    """The body of the last request for a path."""
    return [request for request in server.requests if request.path == path][-1].json


async def test_what_is_sent(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    provider = at(f"{fault_server.url}/v1/", model_name="pretender", api_key=Secret(" sk-1 "))
    wishes = {"max_tokens": 5, "stop": "\n", "temperature": 0.5, "top_logprobs": 3, "seed": None, "mirostat": 2}
    reply = await provider.generate(evolve(HELLO, parameters=wishes))
    assert [request.path for request in fault_server.requests] == ["/props", "/apply-template", "/completion"]
    assert {request.headers["authorization"] for request in fault_server.requests} == {"Bearer sk-1"}
    assert asked(fault_server, "/apply-template")["messages"] == [{"role": "user", "content": "Say hello to Ada."}]
    assert asked(fault_server, "/completion") == {
        "prompt": "<user>Say hello to Ada.<bot>",
        "model": "pretender",
        "cache_prompt": True,
        "stream": True,
        "n_predict": 5,
        "stop": ["\n"],
        "temperature": 0.5,
        "mirostat": 2,
    }
    assert reply.text == "Hello Ada."
    assert reply.usage == Usage(input_tokens=7, output_tokens=3, cached_input_tokens=5)
    await provider.generate(HELLO)
    assert [request.path for request in fault_server.requests].count("/props") == 1


@pytest.mark.parametrize(("tools", "path"), [((), "/completion"), ((TOOL,), "/v1/chat/completions")])
async def test_what_a_client_of_the_same_api_says_beside_is_sent_and_of_another_is_not(
    at: Make, pretender: Pretender, fault_server: FaultServer, tools: tuple[Tool, ...], path: str
) -> None:
    pretender.says["/v1/chat/completions"] = stream([piece("Hi"), piece(finish="stop"), "[DONE]"])
    prompt = evolve(HELLO, tools=tools, parameters={"seed": 1}, extra={"min_p": 0.1, "seed": 2, "stream": False})
    await at(fault_server.url).generate(evolve(prompt, dialect="openai"))
    assert {"min_p": 0.1, "seed": 1, "stream": True}.items() <= asked(fault_server, path).items()
    await at(fault_server.url).generate(evolve(prompt, dialect="anthropic"))
    assert "min_p" not in asked(fault_server, path)


@pytest.mark.parametrize(
    ("end", "finish"),
    [
        ({"stop_type": "eos"}, "stop"),
        ({"stop_type": "word"}, "stop"),
        ({"stop_type": "limit"}, "length"),
        ({"stop_type": "eos", "truncated": True}, "length"),
        ({"stop_type": "none"}, "other"),
        ({"stop_type": "new"}, "other"),
    ],
)
async def test_how_it_ended(
    at: Make, pretender: Pretender, fault_server: FaultServer, end: Mapping[str, Any], finish: str
) -> None:
    provider = at(fault_server.url)
    pretender.says["/completion"] = stream([bit("Hello "), b": ping\n\n", bit("Ada."), {**END, **end, **COUNTS}])
    chunks = await pieces(provider)
    assert [chunk.text for chunk in chunks] == ["Hello ", "Ada.", ""]
    assert chunks[-1].finish == finish
    assert chunks[-1].usage == Usage(input_tokens=7, output_tokens=3, cached_input_tokens=5)


async def test_the_last_event_ends_a_stream_whatever_comes_after(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    pretender.says["/completion"] = stream([bit("Hi"), END], then="hang")
    async with asyncio.timeout(5):
        assert (await pieces(at(fault_server.url)))[-1].finish == "stop"


async def test_tools_go_there_and_back(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"at": '}}
    rest = {"index": 0, "function": {"arguments": '"Oslo"}'}}
    usage = {"id": "chatcmpl-2", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}
    pretender.says["/v1/chat/completions"] = stream(
        [piece(tool_calls=[call]), piece(tool_calls=[rest]), piece(finish="tool_calls"), usage, "[DONE]"]
    )
    provider = at(fault_server.url, model_name="pretender")
    prompt = evolve(HELLO, tools=(TOOL,), tool_choice="weather")
    chunks = await pieces(provider, prompt)
    deltas = [delta for chunk in chunks for delta in chunk.tool_calls]
    assert "".join(delta.arguments for delta in deltas) == '{"at": "Oslo"}'
    assert (deltas[0].id, deltas[0].name) == ("c1", "weather")
    assert chunks[-1].finish == "tool_calls"
    assert chunks[-1].usage == Usage(input_tokens=9, output_tokens=4)
    assert chunks[-1].request_id == "chatcmpl-2"
    body = asked(fault_server, "/v1/chat/completions")
    assert body["tools"][0]["function"]["name"] == "weather"
    assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}

    said = [piece(reasoning_content="Oslo …"), piece("It rains."), piece(finish="stop"), "[DONE]"]
    pretender.says["/v1/chat/completions"] = stream(said)
    result = Message("tool", (ToolResult(call_id="c1", content="rain"),))
    asking = Message("assistant", (ToolCall(id="c1", name="weather", arguments='{"at": "Oslo"}'),))
    reply = await provider.generate(evolve(prompt, messages=(*HELLO.messages, asking, result), tool_choice="auto"))
    assert (reply.text, reply.reasoning, reply.request_id) == ("It rains.", "Oslo …", "chatcmpl-2")
    _, called, told = asked(fault_server, "/v1/chat/completions")["messages"]
    assert called["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"at": "Oslo"}'}
    assert told == {"role": "tool", "tool_call_id": "c1", "content": "rain"}


async def test_tools_are_refused_where_the_template_knows_none(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    pretender.says["/props"] = answer(PROPS | {"chat_template_caps": {"supports_tools": False}})
    with pytest.raises(ProviderReplyError, match="knows no tools") as caught:
        await at(fault_server.url).generate(evolve(HELLO, tools=(TOOL,)))
    assert caught.value.refused


async def test_models_that_think_are_asked_as_a_chat(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    pretender.says["/props"] = answer(PROPS | {"chat_template": "… <think> …"})
    pretender.says["/v1/chat/completions"] = stream(
        [piece(reasoning_content="Hm. "), piece("Hello."), piece(finish="stop"), "[DONE]"]
    )
    provider = at(fault_server.url)
    schema = {"type": "string"}
    with pytest.raises(ProviderReplyError, match="did not keep to the response schema"):
        await pieces(provider, evolve(HELLO, response_schema=schema))
    chunks = await pieces(provider)
    assert [chunk.reasoning for chunk in chunks] == ["Hm. ", "", ""]
    assert [chunk.text for chunk in chunks] == ["", "Hello.", ""]
    assert "reasoning" in (provider.capabilities().names or ())


async def test_images_go_as_data_and_never_as_an_address(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    pretender.says["/v1/chat/completions"] = stream([piece("A cat."), piece(finish="stop"), "[DONE]"])
    provider = at(fault_server.url)
    seen = (Text("What is it?"), Media(media_type="image/png", data=b"PNG"))
    prompt = Prompt(messages=(Message("user", seen),))
    assert (await provider.generate(prompt)).text == "A cat."
    (turn,) = asked(fault_server, "/v1/chat/completions")["messages"]
    assert turn["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,UE5H"}}
    assert await provider.count_tokens(prompt) is None
    sent = len(fault_server.requests)
    for media in (Media(media_type="image/png", url="http://127.0.0.1:9/x"), Media(media_type="audio/wav", data=b"")):
        with pytest.raises(ProviderReplyError, match="takes text and images as data") as caught:
            await provider.generate(Prompt(messages=(Message("user", (media,)),)))
        assert caught.value.refused
    assert len(fault_server.requests) == sent
    with pytest.raises(ProviderReplyError, match="no messages"):
        await provider.generate(Prompt(messages=()))


async def test_a_schema_is_whole_and_is_kept(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    provider = at(fault_server.url)
    prompt = evolve(HELLO, response_schema={"type": "object"}, parameters={"grammar": "root ::= x"})
    with pytest.raises(ProviderReplyError, match="did not keep to the response schema"):
        await provider.generate(prompt)
    body = asked(fault_server, "/completion")
    assert body["json_schema"] == {"type": "object"}
    assert "grammar" not in body
    pretender.says["/completion"] = stream([bit("{"), {**END, "stop_type": "limit"}])  # cut off, and says so
    assert (await provider.generate(prompt)).finish == "length"
    with pytest.raises(ProviderReplyError, match="outside itself") as caught:
        await provider.generate(evolve(HELLO, response_schema={"$ref": f"{fault_server.url}/schema"}))
    assert caught.value.refused


async def test_a_server_that_says_nothing_of_itself_is_asked_all_the_same(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    for props in (status(404), answer({"modalities": 7, "chat_template": None, "chat_template_caps": []})):
        pretender.says["/props"] = props
        provider = at(fault_server.url)
        assert (await provider.generate(HELLO)).text == "Hello Ada."
        assert provider.capabilities().context_length is None


async def test_loading_and_unloading_leave_the_server_of_others_alone(
    at: Make, pretender: Pretender, fault_server: FaultServer
) -> None:
    provider = at(fault_server.url)
    await provider.load()
    assert fault_server.connections == 0
    await provider.generate(HELLO)
    await provider.unload()
    assert (await provider.generate(HELLO)).text == "Hello Ada."


async def test_llama_servers_own_variable_is_for_servers_here(
    at: Make, pretender: Pretender, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_API_KEY", "sk-env")
    with FaultServer("0.0.0.0") as outside:
        outside.always(pretender)
        for endpoint, key in (
            (fault_server.url, "Bearer sk-env"),
            (f"http://localhost:{fault_server.port}", "Bearer sk-env"),
            (f"http://0.0.0.0:{outside.port}", None),
        ):
            await at(endpoint).generate(HELLO)
            server = fault_server if str(fault_server.port) in endpoint else outside
            assert server.requests[-1].headers.get("authorization") == key


async def test_an_endless_count_is_no_answer(at: Make, pretender: Pretender, fault_server: FaultServer) -> None:
    endless = {"id": "chatcmpl-2", "choices": [], "usage": {"prompt_tokens": float("inf")}}
    pretender.says["/v1/chat/completions"] = stream([piece("Hi"), piece(finish="stop"), endless, "[DONE]"])
    with pytest.raises(ProviderReplyError):
        await pieces(at(fault_server.url, model_name="pretender"), evolve(HELLO, tools=(TOOL,)))
