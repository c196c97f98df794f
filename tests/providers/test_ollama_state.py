"""How a model is on its Ollama server, and what it can do, as the server says."""

import asyncio
from collections.abc import Callable

import pytest

from aurarouter_hooks import (
    Location,
    Message,
    Prompt,
)
from aurarouter_ollama import state
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import Fault, answer, hang, status
from ollama_faults import MODEL, missing, ollama, running, shown

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello."),))


@pytest.mark.parametrize(
    ("show", "ps", "condition"),
    [
        (answer(shown(None)), answer(running("llama3", MODEL)), "healthy"),
        (answer(shown(None)), answer(running(MODEL.upper())), "healthy"),
        (answer(shown(None)), answer(running()), "cold"),
        (answer(shown(None, remote_host="https://ollama.com")), answer(running()), "healthy"),
        (missing(), answer(running()), "misconfigured"),
        (status(401), answer(running()), "misconfigured"),
        (status(429, {"Retry-After": "9"}), answer(running()), "rate_limited"),
        (status(503), answer(running()), "down"),
        (status(404), answer(running()), "unknown"),
        (answer(shown(None)), answer({"models": [7]}), "unknown"),
    ],
)
async def test_health_says_how_it_is(
    on_ollama: Make, fault_server: FaultServer, show: Fault, ps: Fault, condition: str
) -> None:
    fault_server.will(show, ps)
    health = await on_ollama().health()
    assert health.state == condition
    assert bool(health.detail) is (condition not in {"healthy", "cold"})
    assert health.retry_in == (9.0 if condition == "rate_limited" else None)
    assert ("ollama pull" in health.hint) is ("not found" in health.detail)


async def test_while_a_request_waits_for_a_cold_model_it_is_loading(on_ollama: Make, fault_server: FaultServer) -> None:
    fault_server.will(hang)
    provider = on_ollama()
    waiting = asyncio.create_task(provider.generate(HELLO))
    assert await asyncio.to_thread(fault_server.hanging.wait, 10)
    assert (await provider.health()).state == "loading"
    waiting.cancel()
    await asyncio.wait({waiting})
    assert (await provider.health()).state == "cold"


@pytest.mark.parametrize(
    ("said_of_it", "names"),
    [
        (["completion", "tools"], {"stream", "json_schema", "logprobs", "tools"}),
        (["completion", "vision", "thinking"], {"stream", "json_schema", "logprobs", "vision", "reasoning"}),
        (["embedding"], {"embed"}),
        (None, None),
    ],
)
async def test_capabilities_are_what_the_server_says(
    on_ollama: Make, fault_server: FaultServer, said_of_it: list[str] | None, names: set[str] | None
) -> None:
    fault_server.always(ollama(capabilities=said_of_it))
    provider = on_ollama()
    assert provider.capabilities().names is None
    await provider.health()
    assert provider.capabilities().names == names


@pytest.mark.parametrize(
    ("addresses", "scheme", "pointed_out"),
    [
        (("127.0.0.1",), "http", False),
        (("192.168.1.50",), "http", False),
        (("fe80::1%eth0",), "http", False),
        (("8.8.8.8",), "http", True),
        (("8.8.8.8",), "https", False),
        ((), "http", False),
    ],
)
async def test_a_server_outside_private_networks_is_pointed_out(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...], scheme: str, pointed_out: bool
) -> None:
    async def found(endpoint: str) -> Location:
        return Location(kind="remote", host="box", addresses=addresses)

    monkeypatch.setattr(state, "resolve", found)
    detail, hint = await state._way(f"{scheme}://box:11434")
    assert ("box is not in a private network" in detail) is pointed_out
    assert ("VPN" in hint) is pointed_out
