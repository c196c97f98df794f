"""Several Ollama servers of one model: the next is asked when one fails, and the one that worked is asked first."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Chunk,
    Message,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_ollama.provider import OllamaProvider
from bench import chunks, errors
from fault_server import FaultServer
from faults import Fault, answer, raw, redirect, reset, status
from ollama_faults import MODEL, call, error, lines, missing, ollama, said

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello."),))
KEY = "sk-test-0123456789abcdef"


FAULTS = [status(500), status(404), status(401), status(429), raw(b""), reset, redirect("http://127.0.0.1:9/")]


GONE = "http://127.0.0.1:9"


@pytest.mark.parametrize("fault", [*FAULTS, missing(), answer([]), lines(error("no memory")), lines()])
async def test_the_next_server_is_asked_and_remembered(
    on_ollama: Make, fault_server: FaultServer, fault: Fault
) -> None:
    with FaultServer() as second:
        second.always(ollama())
        fault_server.always(fault)
        provider = on_ollama(endpoints=(f"{second.url}/api/generate",))
        assert "".join([chunk.text async for chunk in provider.stream(HELLO)]) == "Hello Ada."
        assert (len(fault_server.requests), len(second.requests)) == (1, 1)
        assert (await provider.generate(HELLO)).text == "Hello Ada."
        assert await provider.models() == (MODEL,)
        assert (len(fault_server.requests), len(second.requests)) == (1, 3)
        second.always(status(500))
        fault_server.always(ollama())
        assert (await provider.generate(HELLO)).text == "Hello Ada."
        assert (await provider.generate(HELLO)).text == "Hello Ada."
        assert (len(fault_server.requests), len(second.requests)) == (3, 4)


async def test_a_server_that_is_gone_is_passed_over(on_ollama: Make, fault_server: FaultServer) -> None:
    provider = on_ollama(endpoint=GONE, endpoints=(fault_server.url,))
    assert [chunk.text async for chunk in provider.stream(HELLO)][:2] == ["Hello ", "Ada."]


async def test_a_server_that_is_named_twice_is_asked_once(on_ollama: Make, fault_server: FaultServer) -> None:
    fault_server.always(status(500))
    with pytest.raises(ProviderUnavailableError):
        await on_ollama(endpoints=(f"{fault_server.url}/api/generate",)).generate(HELLO)
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("piece", [said("Hi"), said(thinking="Hm"), said(tool_calls=[call("weather", {})])])
async def test_after_the_first_piece_no_other_server_takes_over(
    on_ollama: Make, fault_server: FaultServer, piece: dict[str, Any]
) -> None:
    with FaultServer() as second:
        second.always(ollama())
        fault_server.will(lines(piece, error("it broke")))
        found: list[Chunk] = []
        with pytest.raises(ProviderUnavailableError):
            await chunks(on_ollama(endpoints=(second.url,)), HELLO, found)
        assert len(found) == 1
        assert not second.connections


@pytest.mark.parametrize(
    ("one", "other", "kind", "wait"),
    [
        (status(404), status(404), ProviderReplyError, None),
        (status(401), status(403), ProviderAuthError, None),
        (status(429, {"Retry-After": "9"}), status(429, {"Retry-After": "4"}), ProviderRateLimitedError, 4.0),
        (status(404), status(503, {"Retry-After": "5"}), ProviderUnavailableError, 5.0),
        (status(401), reset, ProviderUnavailableError, None),
    ],
)
async def test_when_all_fail_the_error_tells_of_each(
    on_ollama: Make, fault_server: FaultServer, one: Fault, other: Fault, kind: type[ProviderError], wait: float | None
) -> None:
    with FaultServer() as second:
        second.always(other)
        fault_server.always(one)
        provider = on_ollama(endpoints=(second.url,), api_key=Secret(KEY))
        for caught in await errors(provider, HELLO, kind):
            assert fault_server.url in str(caught)
            assert second.url in str(caught)
            assert getattr(caught, "retry_after", None) == wait
            assert caught.__cause__ is not None


@pytest.mark.parametrize("code", [400, 404])
async def test_what_every_server_refuses_is_wrong_itself(on_ollama: Make, fault_server: FaultServer, code: int) -> None:
    with FaultServer() as second:
        fault_server.always(status(400))
        second.always(status(code))
        for caught in await errors(on_ollama(endpoints=(second.url,)), HELLO, ProviderReplyError):
            assert getattr(caught, "refused", None) is (code == 400)
