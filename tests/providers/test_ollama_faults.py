"""What the ollama provider makes of each way in which a server can fail, and of several servers."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Chunk,
    ConfigError,
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
from fault_server import FaultServer
from faults import status
from ollama_faults import MODEL, done, error, lines, said

pytest_plugins = ["ollama_fixtures"]
Make = Callable[..., OllamaProvider]
HELLO = Prompt(messages=(Message("user", "Say hello."),))
KEY = "sk-test-0123456789abcdef"


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
        assert getattr(caught, "refused", False) is (code == 400)


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
