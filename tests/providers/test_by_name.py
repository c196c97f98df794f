"""`aurarouter.providers.get_provider(NAME, {…}).generate("test")` gives text from each of the seven providers."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gemini_dialect import NAME, Vendor
from llama_server import LlamaServer
from ollama_server import OllamaServer

pytest_plugins = ["ollama_fixtures"]
SHORT = {"max_tokens": 4}
FEW = {"n_ctx": 512, "n_threads": 1}

Peer = Callable[[str], Any]


def near(model_file: Path) -> dict[str, Any]:
    return {"model_path": str(model_file), "options": FEW, "parameters": SHORT}


def at(server: LlamaServer) -> dict[str, Any]:
    return {"endpoint": server.url, "parameters": SHORT}


def stand_in(server: OllamaServer) -> dict[str, Any]:
    return {"endpoint": server.url, "model_name": server.name, "parameters": SHORT}


def fake(vendor: Vendor) -> dict[str, Any]:
    return {"endpoint": vendor.url, "model_name": NAME, "api_key": "g-key"}


CASES: list[tuple[str, str, Callable[[Any], Mapping[str, Any]]]] = [
    ("openapi", "llama_server", at),
    ("llamacpp-server", "llama_server", at),
    ("claude", "llama_server", at),
    ("ollama", "ollama_peer", stand_in),
    ("google", "vendor", fake),
    ("echo", "model_file", lambda _: {}),
    pytest.param("llamacpp", "model_file", near, marks=pytest.mark.model),  # type: ignore[list-item]
]


@pytest.mark.promise("connectivity.3")
@pytest.mark.promise("connectivity.4")
@pytest.mark.parametrize(("name", "peer", "settings"), CASES)
def test_each_gives_text(
    name: str, peer: str, settings: Callable[[Any], Mapping[str, Any]], request: pytest.FixtureRequest
) -> None:
    get_provider = importlib.import_module("aurarouter.providers").get_provider
    given = settings(request.getfixturevalue(peer))
    answer = get_provider(name, given).generate("test")
    assert isinstance(answer, str)
    assert answer.strip()
    if "parameters" in given:
        assert len(answer.split()) <= SHORT["max_tokens"], "the model's own parameters hold here too"
