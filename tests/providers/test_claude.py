"""The claude provider keeps the provider contract with a real llama.cpp server, which speaks Anthropic's API too."""

import asyncio
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

import aurarouter_claude
import claude_provider
from aurarouter_claude.provider import ClaudeProvider
from aurarouter_hooks import (
    Message,
    Model,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_hooks.contract import ProviderContract
from claude_provider import Make
from llama_server import LlamaServer

make = claude_provider.make
UNUSED = "http://127.0.0.1:9"


def ask(words: str = "Count from one to ten.", **parameters: Any) -> Prompt:
    """A short prompt that always ends the same way."""
    wishes = {"max_tokens": 12, "temperature": 0, "top_k": 1, **parameters}
    return Prompt(messages=(Message("user", words),), parameters=wishes)


class TestClaude(ProviderContract):
    """On a real server."""

    plugin = aurarouter_claude

    @pytest.fixture(autouse=True)
    def _server(self, llama_server: LlamaServer) -> None:
        self.url = llama_server.url

    def make(self) -> Provider:
        return ClaudeProvider(Model(id="mine", provider="claude", endpoint=self.url))

    def broken(self) -> Provider:
        return ClaudeProvider(Model(id="gone", provider="claude", endpoint=UNUSED))


async def test_a_real_server_chats_counts_and_lists(make: Make, llama_server: LlamaServer) -> None:
    provider = make(llama_server.url, model_name=llama_server.name)
    prompt = ask()
    reply = await provider.generate(prompt)
    assert reply.text
    assert reply.finish in {"stop", "length"}
    assert reply.request_id.startswith("chatcmpl-")
    assert reply.model_name == llama_server.name
    assert reply.usage is not None
    assert not reply.usage.estimated
    assert 0 < reply.usage.output_tokens <= 12
    assert reply.usage.input_tokens == await provider.count_tokens(prompt)
    again = await provider.generate(prompt)
    assert again.usage is not None
    assert 0 < again.usage.cached_input_tokens < again.usage.input_tokens == reply.usage.input_tokens
    assert list(await provider.models()) == [llama_server.name]
    assert (await provider.health()).state == "healthy"


async def test_a_real_server_streams_and_stops_where_told(make: Make, llama_server: LlamaServer) -> None:
    provider = make(f"{llama_server.url}/v1/")  # written as for other providers
    chunks = [chunk async for chunk in provider.stream(ask("Say hello.", max_tokens=8))]
    assert len(chunks) > 2
    assert chunks[-1].finish == "length"
    whole = "".join(chunk.text for chunk in chunks)
    letter = next(letter for letter in whole[1:] if letter not in whole[0] and not letter.isspace())
    cut = await provider.generate(ask("Say hello.", max_tokens=8, stop=letter))
    assert cut.text == whole[: whole.index(letter)]
    assert cut.finish == "stop"


async def test_a_real_server_may_die_and_come_back(make: Make, model_file: Path) -> None:
    with LlamaServer(model_file, api_key="sk-right") as server:
        with pytest.raises(ProviderAuthError, match="answered 401"):
            await make(server.url, api_key=Secret("sk-wrong")).generate(ask())
        with pytest.raises(ProviderAuthError, match="answered 401"):
            await make(server.url).generate(ask())
        provider = make(server.url, api_key=Secret("sk-right"))
        async with aclosing(_generator(provider, ask("Tell a long story.", max_tokens=2000))) as chunks:
            assert (await anext(chunks)).text
            await asyncio.to_thread(server.kill)
            with pytest.raises(ProviderUnavailableError, match="was lost"):
                await anext(chunk async for chunk in chunks if chunk.finish)
        with pytest.raises(ProviderUnavailableError, match="cannot connect"):
            await provider.generate(ask())
        assert (await provider.health()).state == "down"
        await asyncio.to_thread(server.restart)
        assert (await provider.generate(ask())).usage is not None


def _generator(provider: ClaudeProvider, prompt: Prompt) -> Any:
    return provider.stream(prompt)


def test_what_it_can_do_is_known_of_the_vendors_models_alone() -> None:
    own = ClaudeProvider(Model(id="mine", provider="claude", endpoint=UNUSED))
    assert own.capabilities().names is None
    names = ClaudeProvider(Model(id="mine", provider="claude")).capabilities().names
    assert names == frozenset({"stream", "tools", "vision", "json_schema", "reasoning"})


def test_the_sdk_is_not_imported_before_it_is_used() -> None:
    code = (
        "import sys, aurarouter_claude; from aurarouter_hooks import Model\n"
        "kind = aurarouter_claude.register_providers()['claude']; kind(Model(id='a', provider='claude'))\n"
        "print(sorted({'anthropic', 'httpx2', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
