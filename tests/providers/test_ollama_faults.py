"""What the ollama provider makes of each way in which a server can fail, and of several servers."""

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Location,
    Message,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Secret,
    Timeouts,
)
from aurarouter_ollama import state
from aurarouter_ollama.provider import OllamaProvider
from fault_server import FaultServer
from faults import Fault, answer, hang, raw, redirect, reset, slow_headers, status
from ollama_faults import MODEL, call, done, error, lines, missing, ollama, running, said, shown

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello."),))
KEY = "sk-test-0123456789abcdef"
GONE = "http://127.0.0.1:9"


async def failure(provider: OllamaProvider) -> ProviderError:
    """The error that generate() raises; no key is in it."""
    with pytest.raises(ProviderError) as caught:
        await provider.generate(HELLO)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


async def broken_stream(provider: OllamaProvider) -> tuple[list[Chunk], ProviderError]:
    """What stream() yields, and the error that it raises."""
    chunks: list[Chunk] = []

    async def consume() -> None:
        async for chunk in provider.stream(HELLO):
            chunks.append(chunk)

    with pytest.raises(ProviderError) as caught:
        await consume()
    return chunks, caught.value


@pytest.mark.parametrize(
    ("code", "words", "kind", "hint"),
    [
        (400, '"qwen3" does not support tools', ProviderReplyError, "refused"),
        (400, "the input length exceeds the context length", ProviderReplyError, "num_ctx"),
        (400, "request (2622 tokens) exceeds the available context size (512)", ProviderReplyError, "num_ctx"),
        (401, f"unauthorized {KEY}", ProviderAuthError, "api_key"),
        (403, "ollama cloud is disabled", ProviderAuthError, "api_key"),
        (404, f"model '{MODEL}' not found", ProviderReplyError, f"ollama pull {MODEL}"),
        (404, f'model "{MODEL}" not found, try pulling it first', ProviderReplyError, f"ollama pull {MODEL}"),
        (404, "404 page", ProviderReplyError, "endpoint"),
        (500, "llama runner process has terminated", ProviderUnavailableError, "log"),
        (502, "cloud model cannot be reached", ProviderUnavailableError, "log"),
        (503, "server busy, please try again.  maximum pending requests exceeded", ProviderUnavailableError, "log"),
    ],
)
async def test_a_status_is_an_error_with_a_hint(
    on_ollama: Make, fault_server: FaultServer, code: int, words: str, kind: type[ProviderError], hint: str
) -> None:
    fault_server.always(status(code, None, error(words)))
    provider = on_ollama(api_key=Secret(KEY))
    chunks, streamed = await broken_stream(provider)
    assert not chunks
    for caught in (await failure(provider), streamed):
        assert type(caught) is kind
        assert f"answered {code} ({' '.join(words.replace(KEY, '****').split())})" in str(caught)
        assert hint in caught.hint


async def test_too_many_requests_say_how_long_to_wait(on_ollama: Make, fault_server: FaultServer) -> None:
    fault_server.will(status(429, {"Retry-After": "7"}, error("you've reached your hourly usage limit")))
    caught = await failure(on_ollama())
    assert isinstance(caught, ProviderRateLimitedError)
    assert caught.retry_after == 7.0


async def test_a_cloud_model_needs_a_sign_in(on_ollama: Make, fault_server: FaultServer) -> None:
    refusal = {"error": "unauthorized", "signin_url": "https://ollama.com/connect?name=box&key=abc"}
    fault_server.will(status(401, None, refusal))
    caught = await failure(on_ollama(model_name="gpt-oss:120b-cloud"))
    assert isinstance(caught, ProviderAuthError)
    assert "ollama signin" in caught.hint
    assert "key=abc" not in str(caught)


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (error("an error was encountered while running the model"), ProviderUnavailableError),
        (done("error") | {"error": "it broke"}, ProviderUnavailableError),
        (error("slow down") | {"status": 429}, ProviderRateLimitedError),
        ({"error": {"message": "slow down", "code": 429}}, ProviderRateLimitedError),
    ],
)
async def test_an_error_inside_a_stream(
    on_ollama: Make, fault_server: FaultServer, last: dict[str, Any], kind: type[ProviderError]
) -> None:
    fault_server.will(lines(said("Hi"), said(' the word "error" is only said'), last))
    chunks, caught = await broken_stream(on_ollama())
    assert [chunk.text for chunk in chunks] == ["Hi", ' the word "error" is only said']
    assert type(caught) is kind
    assert f"{fault_server.url} reported an error: " in str(caught)


@pytest.mark.parametrize(("then", "words"), [("end", "ended early"), ("eof", "was lost"), ("reset", "was lost")])
async def test_half_a_stream(on_ollama: Make, fault_server: FaultServer, then: str, words: str) -> None:
    fault_server.will(lines(said("Hello "), said("A"), then=then))
    chunks, caught = await broken_stream(on_ollama())
    assert "Hello A".startswith("".join(chunk.text for chunk in chunks))
    assert not [chunk for chunk in chunks if chunk.finish]
    assert isinstance(caught, ProviderUnavailableError)
    assert words in str(caught)


@pytest.mark.parametrize(
    "value",
    [
        b"not json\n",
        b'{"message":\n',
        b"[1]\n",
        {},
        {"message": "Hi"},
        {"message": {"content": 7}},
        {"message": {"content": "", "tool_calls": {"x": 1}}},
        {"message": {"content": "", "tool_calls": [7]}},
        {"message": {"content": "", "tool_calls": [{"function": {"arguments": {}}}]}},
    ],
)
async def test_a_wrong_shape_is_not_an_answer(on_ollama: Make, fault_server: FaultServer, value: Any) -> None:
    fault_server.will(lines(said("Hi"), value, done()))
    chunks, caught = await broken_stream(on_ollama())
    assert [chunk.text for chunk in chunks] == ["Hi"]
    assert isinstance(caught, ProviderReplyError)
    fault_server.will(status(200, None, value))
    assert isinstance(await failure(on_ollama()), ProviderReplyError)


async def test_a_line_without_end_is_given_up(on_ollama: Make, fault_server: FaultServer) -> None:
    fault_server.will(lines(said("Hi"), *[b"x" * 2**16] * 100, then="hang"))
    chunks, caught = await broken_stream(on_ollama())
    assert [chunk.text for chunk in chunks] == ["Hi"]
    assert isinstance(caught, ProviderReplyError)
    assert "more than 4 MiB" in str(caught)


@pytest.mark.parametrize("fault", [hang, slow_headers, lines(then="hang")])
async def test_a_slow_first_token_is_a_timeout(on_ollama: Make, fault_server: FaultServer, fault: Fault) -> None:
    fault_server.will(fault)
    chunks, caught = await broken_stream(on_ollama(timeouts=Timeouts(total=0.2)))
    assert not chunks
    assert isinstance(caught, ProviderTimeoutError)
    assert caught.after >= 0.2


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_closes_the_connection(on_ollama: Make, fault_server: FaultServer, streamed: bool) -> None:
    fault_server.will(lines(said("Hi"), then="hang") if streamed else hang)
    provider = on_ollama()

    async def consume() -> None:
        if not streamed:
            await provider.generate(HELLO)
        async for _ in provider.stream(HELLO):
            pass

    task = asyncio.create_task(consume())
    assert await asyncio.to_thread(fault_server.hanging.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(fault_server.left.wait, 10), "the server still works for nobody"


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [("ftp://127.0.0.1", "must begin"), ("http://", "names no host"), ("http://[::1", "is not a usable address")],
)
def test_an_endpoint_that_is_no_http_address_is_a_wrong_setting(on_ollama: Make, endpoint: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        on_ollama(endpoint=endpoint, endpoints=("http://fine", "http://h:99999"))
    first, second = map(str, caught.value.problems)
    assert first.startswith(f"models.mine.endpoint: {why}")
    assert second.startswith("models.mine.endpoints[1]: is not a usable address")


FAULTS = [status(500), status(404), status(401), status(429), raw(b""), reset, redirect("http://127.0.0.1:9/")]


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
    await failure(on_ollama(endpoints=(f"{fault_server.url}/api/generate",)))
    assert len(fault_server.requests) == 1


@pytest.mark.parametrize("piece", [said("Hi"), said(thinking="Hm"), said(tool_calls=[call("weather", {})])])
async def test_after_the_first_piece_no_other_server_takes_over(
    on_ollama: Make, fault_server: FaultServer, piece: dict[str, Any]
) -> None:
    with FaultServer() as second:
        second.always(ollama())
        fault_server.will(lines(piece, error("it broke")))
        chunks, _ = await broken_stream(on_ollama(endpoints=(second.url,)))
        assert len(chunks) == 1
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
        for caught in (await failure(provider), (await broken_stream(provider))[1]):
            assert type(caught) is kind
            assert fault_server.url in str(caught)
            assert second.url in str(caught)
            assert getattr(caught, "retry_after", None) == wait
            assert caught.__cause__ is not None


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
