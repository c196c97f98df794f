"""The ollama provider keeps the contract, and works with code of others that speaks Ollama's API over a real model."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import ollama as sdk
import pytest

import aurarouter_ollama
from aurarouter_hooks import (
    EmbedRequest,
    Message,
    Model,
    Prompt,
    Provider,
    ProviderReplyError,
    Reply,
)
from aurarouter_hooks.contract import ProviderContract
from aurarouter_ollama.provider import OllamaProvider
from ollama_server import OllamaServer

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),), parameters={"max_tokens": 8})


@pytest.fixture
async def make(ollama_peer: OllamaServer) -> AsyncIterator[Make]:
    """Providers on the stand-in, closed afterwards."""
    made: list[OllamaProvider] = []

    def one(**settings: Any) -> OllamaProvider:
        given = {
            "id": "small",
            "provider": "ollama",
            "endpoint": ollama_peer.url,
            "model_name": ollama_peer.name,
            **settings,
        }
        made.append(OllamaProvider(Model(**given)))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()


class TestOnAStandIn(ProviderContract):
    """On a real model."""

    plugin = aurarouter_ollama

    @pytest.fixture(autouse=True)
    def _server(self, ollama_peer: OllamaServer) -> None:
        self.peer = ollama_peer

    def make(self) -> Provider:
        return OllamaProvider(self.on(self.peer.url))

    def broken(self) -> Provider:
        return OllamaProvider(self.on("http://127.0.0.1:9"))

    def on(self, url: str) -> Model:
        return Model(id="small", provider="ollama", endpoint=url, model_name=self.peer.name)


async def test_it_says_what_the_official_client_says(make: Make, ollama_peer: OllamaServer) -> None:
    options = {"temperature": 0, "num_predict": 12}
    client = sdk.AsyncClient(host=ollama_peer.url)
    messages = [{"role": "user", "content": "Count from one to ten."}]
    theirs = await client.chat(ollama_peer.name, messages=messages, options=options)
    prompt = Prompt(
        messages=(Message("user", "Count from one to ten."),), parameters={"max_tokens": 12, "temperature": 0}
    )
    ours = await make().generate(prompt)
    assert ours.text == theirs.message.content
    assert ours.usage is not None
    assert (ours.usage.input_tokens, ours.usage.output_tokens) == (theirs.prompt_eval_count, theirs.eval_count)
    streamed = Reply.from_chunks([chunk async for chunk in make().stream(prompt)])
    assert streamed.text == theirs.message.content
    assert list(await make().models()) == [model.model for model in (await client.list()).models]
    (vector,) = (await client.embed(ollama_peer.name, input=["hello"])).embeddings
    mine = await make().embed(EmbedRequest(texts=("hello",)))
    assert list(mine.vectors[0]) == pytest.approx(list(vector))
    await client._client.aclose()


async def test_it_embeds(make: Make) -> None:
    found = await make().embed(EmbedRequest(texts=("a cat", "a dog", "Ünï ✓")))
    assert [len(vector) for vector in found.vectors] == [576] * 3
    assert found.usage is not None
    assert found.usage.input_tokens > 0


async def test_an_unknown_name_is_refused(make: Make) -> None:
    with pytest.raises(ProviderReplyError, match="answered 400"):
        await make(model_name="nobody/knows").generate(HELLO)


async def test_health_knows_that_it_is_not_in_memory(make: Make) -> None:
    provider = make()
    assert provider.capabilities().names is None
    assert (await provider.health()).state == "cold"
    assert provider.capabilities().names == frozenset({"stream", "json_schema", "logprobs", "tools"})


async def test_a_stand_in_is_never_taken_for_a_model_on_this_machine(make: Make) -> None:
    where = await make().where()
    assert where.kind == "loopback"
    assert where.relay
    assert not where.here
