"""The openapi provider keeps the contract against a real llama.cpp server, and speaks its API in full."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from aurarouter_hooks import (
    Message,
    Model,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_hooks.contract import ProviderContract
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import redirect, whole_stream
from llama_server import LlamaServer

Make = Callable[..., OpenApiProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),), parameters={"max_tokens": 8})


def model(endpoint: str) -> Model:
    return Model(id="mine", provider="openapi", endpoint=endpoint)


class TestOpenApi(ProviderContract):
    @pytest.fixture(autouse=True)
    def _server(self, llama_server: LlamaServer) -> None:
        self.url = llama_server.url

    def make(self) -> Provider:
        return OpenApiProvider(model(self.url))

    def broken(self) -> Provider:
        return OpenApiProvider(model("http://127.0.0.1:9"))


async def test_a_real_server_counts_names_and_lists(openapi: Make, llama_server: LlamaServer) -> None:
    provider = openapi(llama_server.url, model_name=llama_server.name)
    reply = await provider.generate(HELLO)
    assert reply.usage is not None
    assert reply.usage.input_tokens > 0
    assert 0 < reply.usage.output_tokens <= 8
    assert reply.finish in {"stop", "length"}
    assert reply.request_id.startswith("chatcmpl-")
    assert reply.model_name == llama_server.name
    chunks = [chunk async for chunk in provider.stream(HELLO)]
    assert len(chunks) > 2
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.output_tokens > 0
    assert llama_server.name in await provider.models()
    assert (await provider.health()).state == "healthy"


async def test_a_real_server_may_die_and_come_back(openapi: Make, model_file: Path) -> None:
    with LlamaServer(model_file, api_key="sk-right") as server:
        with pytest.raises(ProviderAuthError, match="answered 401"):
            await openapi(server.url, api_key=Secret("sk-wrong")).generate(HELLO)
        provider = openapi(server.url, api_key=Secret("sk-right"))
        long = Prompt(messages=HELLO.messages, parameters={"max_tokens": 2000, "ignore_eos": True})
        chunks = provider.stream(long)
        assert (await anext(chunks)).text
        await asyncio.to_thread(server.kill)
        with pytest.raises(ProviderUnavailableError, match="was lost"):
            await anext(chunk async for chunk in chunks if chunk.finish)
        with pytest.raises(ProviderUnavailableError, match="cannot connect"):
            await provider.generate(HELLO)
        assert (await provider.health()).state == "down"
        await asyncio.to_thread(server.restart)
        assert (await provider.generate(HELLO)).text


async def test_credentials_in_the_endpoint_are_sent_but_never_shown(openapi: Make, fault_server: FaultServer) -> None:
    fault_server.will(whole_stream("Hi"))
    provider = openapi(f"http://ada:word@127.0.0.1:{fault_server.port}")
    assert [chunk async for chunk in provider.stream(HELLO)]
    assert fault_server.requests[0].headers["authorization"] == "Basic YWRhOndvcmQ="
    fault_server.will(redirect("/"))
    with pytest.raises(ProviderReplyError) as caught:
        await provider.generate(HELLO)
    assert "word" not in str(caught.value)
