"""Where the ollama provider looks for servers, and which keys it sends there."""

from collections.abc import Callable

import pytest

from aurarouter_hooks import (
    Message,
    Prompt,
)
from aurarouter_ollama import address
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import answer, hang

pytest_plugins = ["ollama_fixtures"]
pytestmark = pytest.mark.usefixtures("no_ollama_named")
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))


@pytest.mark.parametrize(
    "ending", ["", "/", "/api", "/api/", "/api/generate", "/api/chat", "/v1", "/v1/chat/completions"]
)
@pytest.mark.promise("environment.4")
async def test_an_endpoint_may_be_written_in_many_ways(on_ollama: Make, fault_server: FaultServer, ending: str) -> None:
    await on_ollama(endpoint=fault_server.url + ending).generate(HELLO)
    assert fault_server.requests[-1].path == "/api/chat"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("http://192.168.1.50:11434/api/generate", "http://192.168.1.50:11434"),
        ("localhost", "http://localhost:11434"),
        ("box:8080/api", "http://box:8080"),
        ("[::1]", "http://[::1]:11434"),
        ("http://box", "http://box"),
        ("https://box/ollama/api/chat", "https://box/ollama"),
        ("https://box/myapi", "https://box/myapi"),
        ("https://box/api-v1", "https://box/api-v1"),
    ],
)
def test_an_endpoint_is_a_servers_own_address(text: str, meant: str) -> None:
    assert address.base(text) == meant


async def test_a_path_before_the_api_is_kept(on_ollama: Make, fault_server: FaultServer) -> None:
    await on_ollama(endpoint=f"{fault_server.url}/ollama/api/generate").generate(HELLO)
    assert fault_server.requests[-1].path == "/ollama/api/chat"


async def test_a_key_from_the_environment_goes_to_ollamas_own_service_alone(
    on_ollama: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "sk-env")
    await on_ollama().generate(HELLO)
    assert "authorization" not in fault_server.requests[0].headers
    monkeypatch.setattr("aurarouter_ollama.address.CLOUD", fault_server.url)
    await on_ollama().generate(HELLO)
    assert fault_server.requests[1].headers["authorization"] == "Bearer sk-env"


async def test_discovery_finds_what_this_machine_offers(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("llama3.2:latest", "qwen3:0.6b", "qwen3/0.6b", "me/own:q4")
    fault_server.always(answer({"models": [{"name": name, "model": name} for name in names]}))
    monkeypatch.setenv("OLLAMA_HOST", f":{fault_server.port}")
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nobody there: this machine must be asked directly
    found = await OllamaProvider.discover()
    assert [(model.id, model.model_name) for model in found] == [
        ("llama3.2", "llama3.2:latest"),
        ("qwen3-0.6b", "qwen3:0.6b"),
        ("qwen3-0.6b-2", "qwen3/0.6b"),
        ("me-own-q4", "me/own:q4"),
    ]
    assert {(model.provider, model.endpoint, model.tags) for model in found} == {
        ("ollama", fault_server.url, frozenset())
    }


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("192.168.1.50:11434", "http://127.0.0.1:11434"),
        ("http://[", "http://127.0.0.1:11434"),
    ],
)
def test_only_this_machine_is_discovered(host: str, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert address.on_this_machine() == asked


async def test_discovery_asks_ollamas_service_when_there_is_a_key(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(answer({"models": [{"name": "gpt-oss:120b"}]}))
    monkeypatch.setattr("aurarouter_ollama.address.CLOUD", fault_server.url)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setenv("OLLAMA_API_KEY", "sk-env")
    (model,) = await OllamaProvider.discover()
    assert (model.model_name, model.endpoint, model.api_key) == ("gpt-oss:120b", fault_server.url, None)
    assert fault_server.requests[0].headers["authorization"] == "Bearer sk-env"


async def test_discovery_is_silent_when_nobody_answers(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    assert await OllamaProvider.discover() == ()
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{fault_server.port}")
    for fault in (hang, answer({"models": 7}), answer({"data": []})):
        fault_server.will(fault)
        assert await OllamaProvider.discover() == ()
    assert not caplog.records
