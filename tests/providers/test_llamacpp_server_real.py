"""The llamacpp-server provider against a real llama.cpp server."""

import asyncio
import json
from pathlib import Path

import pytest
from attrs import evolve

from aurarouter_hooks import (
    EmbedRequest,
    Message,
    Prompt,
    ProviderAuthError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_llamacpp_server import discover
from aurarouter_llamacpp_server.provider import LlamaServerProvider
from fault_server import FaultServer
from faults import hang
from llama_provider import HELLO, Make, pieces
from llama_server import LlamaServer

pytest_plugins = ["llama_provider_fixtures"]


async def test_the_real_server_counts_names_and_lists(at: Make, llama_server: LlamaServer) -> None:
    provider = at(llama_server.url, model_name=llama_server.name)
    before = provider.capabilities()
    assert before.context_length is None
    reply = await provider.generate(HELLO)
    assert reply.usage is not None
    assert reply.usage.input_tokens == await provider.count_tokens(HELLO)
    assert 0 < reply.usage.output_tokens <= 8
    assert not reply.usage.estimated
    assert reply.finish in {"stop", "length"}
    assert reply.model_name == llama_server.name
    chunks = await pieces(provider)
    assert len(chunks) > 2
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.cached_input_tokens > 0
    assert await provider.models() == (llama_server.name,)
    assert (await provider.health()).state == "healthy"
    after = provider.capabilities()
    assert after.context_length == 2048
    assert before.names is not None
    assert after.names is not None
    assert before.names - after.names == {"tools"}  # its chat template knows none


async def test_the_real_server_keeps_to_schemas_and_grammars(at: Make, llama_server: LlamaServer) -> None:
    provider = at(llama_server.url)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    prompt = evolve(
        HELLO,
        response_schema=schema | {"additionalProperties": False},
        parameters={"max_tokens": 32, "temperature": 0, "seed": 1},
    )
    assert isinstance(json.loads((await provider.generate(prompt)).text)["n"], int)
    assert isinstance(json.loads("".join(chunk.text for chunk in await pieces(provider, prompt)))["n"], int)
    grammar = evolve(HELLO, parameters={"max_tokens": 8, "grammar": 'root ::= "yes" | "no"'})
    assert (await provider.generate(grammar)).text in {"yes", "no"}
    broken = evolve(HELLO, parameters={"grammar": "root ::= ((("})
    with pytest.raises(ProviderReplyError, match=r"answered 400 .*grammar"):
        await provider.generate(broken)


async def test_the_real_server_gives_probabilities_in_openais_shape(at: Make, llama_server: LlamaServer) -> None:
    wishes = {"max_tokens": 2, "ignore_eos": True, "logprobs": True, "top_logprobs": 2}
    reply = await at(llama_server.url).generate(evolve(HELLO, parameters=wishes))
    assert reply.logprobs is not None
    assert len(reply.logprobs) == 2
    assert {*reply.logprobs[0]} == {"token", "logprob", "bytes", "top_logprobs"}
    assert len(reply.logprobs[0]["top_logprobs"]) == 2


async def test_the_real_server_reads_and_writes_every_script(at: Make, llama_server: LlamaServer) -> None:
    provider, said = at(llama_server.url), "Grüße, Ἄδα — 日本語 🙂 \u2028 \u0000 end"
    same = 'root ::= "Grüße 日本語 🙂"'
    prompt = Prompt(messages=(Message("user", said),), parameters={"max_tokens": 32, "grammar": same})
    assert (await provider.generate(prompt)).text == "Grüße 日本語 🙂"
    assert "".join(chunk.text for chunk in await pieces(provider, prompt)) == "Grüße 日本語 🙂"


@pytest.mark.parametrize("use", ["generate", "stream"])
async def test_the_real_server_stops_when_its_client_leaves(at: Make, llama_server: LlamaServer, use: str) -> None:
    provider = at(llama_server.url)
    long = evolve(HELLO, parameters={"max_tokens": 1500, "ignore_eos": True})
    working = asyncio.create_task(provider.generate(long) if use == "generate" else pieces(provider, long))
    backend = await provider._server.backend()

    async def busy() -> int:
        async with backend.send("GET", "/slots") as response:
            return sum(slot["is_processing"] for slot in json.loads(await response.aread()))

    while not await busy():
        await asyncio.sleep(0)
    assert (await provider.health()).detail == "1 of 2 slots are answering"
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with asyncio.timeout(10):  # the whole answer would take longer
        while await busy():
            await asyncio.sleep(0)


async def test_the_real_server_may_die_and_come_back(
    at: Make, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LlamaServer(model_file, api_key="sk-right") as server:
        wrong = at(server.url, api_key=Secret("sk-wrong"))
        with pytest.raises(ProviderAuthError, match="answered 401"):
            await wrong.generate(HELLO)
        assert (await wrong.health()).state == "misconfigured"
        monkeypatch.setenv("LLAMA_API_KEY", "sk-right")
        provider = at(server.url)  # llama-server's own variable counts where the model has no key
        chunks = provider.stream(evolve(HELLO, parameters={"max_tokens": 1500, "ignore_eos": True}))
        assert (await anext(chunks)).text
        await asyncio.to_thread(server.kill)
        with pytest.raises(ProviderUnavailableError, match="was lost"):
            await anext(chunk async for chunk in chunks if chunk.finish)
        with pytest.raises(ProviderUnavailableError, match="cannot connect"):
            await provider.generate(HELLO)
        assert (await provider.health()).state == "down"
        await asyncio.to_thread(server.restart)
        assert (await provider.generate(HELLO)).text


async def test_the_real_server_is_found(llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as other:  # speaks HTTP, and isn't one
        port = int(llama_server.url.rpartition(":")[2])
        monkeypatch.setattr(discover, "PORTS", (9, other.port, port))
        (found,) = await LlamaServerProvider.discover()
    assert (found.id, found.provider, found.model_name) == (llama_server.name, "llamacpp-server", llama_server.name)
    assert (found.endpoint, found.tags) == (llama_server.url, frozenset())


async def test_who_listens_and_says_nothing_is_not_waited_for(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(hang)
    monkeypatch.setattr(discover, "PORTS", (fault_server.port,))
    monkeypatch.setattr(discover, "PATIENCE", 0.3)
    async with asyncio.timeout(1.5):
        assert await LlamaServerProvider.discover() == ()


async def test_the_real_server_embeds(at: Make, llama_server: LlamaServer, model_file: Path) -> None:
    with pytest.raises(ProviderReplyError, match="answered 501"):
        await at(llama_server.url).embed(EmbedRequest(texts=("one",)))
    with LlamaServer(model_file, embed=True) as server:
        found = await at(server.url).embed(EmbedRequest(texts=("one", "two words")))
    assert found is not None
    assert [len(vector) for vector in found.vectors] == [576, 576]
