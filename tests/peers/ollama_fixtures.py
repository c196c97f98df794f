"""Ollama's peers as fixtures: the stand-in over a real model, and providers on a fake that speaks the dialect."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_hooks import Model
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from llama_server import LlamaServer
from ollama_faults import MODEL, ollama
from ollama_server import OllamaServer


@pytest.fixture
def no_ollama_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a server nor a key that the environment names."""
    for name in ("OLLAMA_HOST", "OLLAMA_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def ollama_peer(model_file: Path) -> Iterator[OllamaServer]:
    """The stand-in over a real server that can embed too."""
    with LlamaServer(model_file, embed=True) as llama, OllamaServer(llama.url) as server:
        yield server


@pytest.fixture
async def on_ollama(fault_server: FaultServer, no_ollama_named: None) -> AsyncIterator[Callable[..., OllamaProvider]]:
    """Providers on this test's own fake Ollama, or with other settings; closed afterwards."""
    fault_server.always(ollama())
    made: list[OllamaProvider] = []

    def one(**settings: Any) -> OllamaProvider:
        given = {"id": "mine", "provider": "ollama", "endpoint": fault_server.url, "model_name": MODEL, **settings}
        made.append(OllamaProvider(Model(**given)))
        return made[-1]

    yield one
    for provider in made:
        await provider.aclose()
