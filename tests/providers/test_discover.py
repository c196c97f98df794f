"""What the openapi provider finds without being told: a real server, and what listens at its ports but is none."""

import pytest

import aurarouter_openapi.discovery as discovery
from aurarouter_hooks import Message, Prompt
from aurarouter_llamacpp.provider import LlamaCppProvider
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import Fault, Turn, answer, half_a_stream, status
from llama_server import LlamaServer

SECRET = "sk-sesame-0815-sesame-0815"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no port but those that a test names, and go to no vendor."""
    monkeypatch.setattr(discovery, "PORTS", ())
    monkeypatch.setattr(discovery, "VENDOR", "http://127.0.0.1:9/v1")


def port(url: str) -> int:
    return int(url.rpartition(":")[2])


async def hang(turn: Turn) -> None:
    await turn.until_the_client_leaves()


def listed(*names: str) -> Fault:
    return answer({"object": "list", "data": [{"id": name, "created": place} for place, name in enumerate(names)]})


async def test_a_real_server_is_found_and_what_is_found_answers(
    llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "PORTS", (9, port(llama_server.url)))
    (model,) = await OpenApiProvider.discover()
    assert (model.id, model.provider, model.model_name) == ("smollm2-135m", "openapi", "smollm2-135m")
    assert model.endpoint == f"{llama_server.url}/v1"
    assert (model.api_key, model.tags) == (None, frozenset())
    provider = OpenApiProvider(model)
    try:
        assert not (await provider.where()).here  # nobody can see whether it passes prompts on
        reply = await provider.generate(Prompt(messages=(Message("user", "Hello"),), parameters={"max_tokens": 4}))
        assert reply.text
    finally:
        await provider.aclose()


async def test_without_servers_and_keys_nothing_is_found() -> None:
    assert await OpenApiProvider.discover() == ()


@pytest.mark.parametrize(
    "fault",
    [
        status(401),
        status(404, None, b"<html>"),
        answer({"data": "none"}),
        answer({"data": [{"name": "x"}, "y", {"id": ""}, {"id": "a\nb"}]}),
        status(200, None, b"hello"),
        half_a_stream(),
        hang,
    ],
)
async def test_what_is_no_such_server_is_passed_over(
    fault: Fault, fault_server: FaultServer, llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(fault)
    monkeypatch.setattr(discovery, "PORTS", (fault_server.port, port(llama_server.url)))
    assert [model.id for model in await OpenApiProvider.discover()] == ["smollm2-135m"]
    assert len(fault_server.requests) == 1


async def test_only_what_chats_is_offered_and_each_name_once(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(listed("org/Chat-7B", "nomic-embed-text", "*", "other/Chat-7B", "m/tiny.gguf", "whisper-1"))
    monkeypatch.setattr(discovery, "PORTS", (fault_server.port,))
    found = {model.id: model.model_name for model in await OpenApiProvider.discover()}
    assert found == {"Chat-7B": "org/Chat-7B", "Chat-7B-2": "other/Chat-7B", "tiny": "m/tiny.gguf"}


async def test_a_key_goes_to_the_address_that_the_environment_names_and_nowhere_else(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as vendor:
        monkeypatch.setattr(discovery, "PORTS", (fault_server.port,))
        monkeypatch.setenv("OPENAI_API_KEY", SECRET)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{vendor.url}/v1/")
        found = await OpenApiProvider.discover()
        assert [request.headers["authorization"] for request in vendor.requests] == [f"Bearer {SECRET}"]
    assert [request.headers.get("authorization") for request in fault_server.requests] == [None]
    near, keyed = found
    assert near.api_key is None
    assert keyed.api_key is not None
    assert keyed.api_key.reveal() == "${env.OPENAI_API_KEY}"
    assert (near.id, keyed.id) == ("pretender", "pretender-2")


async def test_of_the_vendors_many_models_the_newest_that_chat_are_offered(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault_server.always(
        listed(
            "gpt-4",
            "gpt-4o-mini",
            "gpt-5.6-luna",
            "gpt-5.6-terra",
            "o3-mini",
            "gpt-5.6-terra-2026-08-01",
            "gpt-4-0613",
            "gpt-5-pro",
            "gpt-5.6-codex",
            "gpt-image-2",
            "gpt-4o-realtime",
            "text-embedding-4",
            "dall-e-3",
            "sora-2",
        )
    )
    monkeypatch.setattr(discovery, "VENDOR", f"{fault_server.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert [model.id for model in await OpenApiProvider.discover()] == ["o3-mini", "gpt-5.6-terra", "gpt-5.6-luna"]


async def test_an_address_that_holds_a_key_is_not_offered(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    for url in (f"http://me:{SECRET}@127.0.0.1:{fault_server.port}/v1", f"{fault_server.url}/v1?k={SECRET}", "x"):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        assert await OpenApiProvider.discover() == ()
    assert fault_server.requests == []


async def test_this_machine_is_never_asked_through_a_proxy(
    fault_server: FaultServer, llama_server: LlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, fault_server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(discovery, "PORTS", (port(llama_server.url),))
    assert len(await OpenApiProvider.discover()) == 1
    assert fault_server.connections == 0


async def test_llamacpp_offers_nothing_by_itself() -> None:
    """Which files there are is the kernel's to know; the embedded model is offered by `aurarouter init`."""
    assert await LlamaCppProvider.discover() == ()
