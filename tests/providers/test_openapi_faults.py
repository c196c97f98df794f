"""What the openapi provider makes of each way in which a server can fail."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Message,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import Fault, answer, piece, status, stream

HELLO = Prompt(messages=(Message("user", "Say hello."),))
KEY = "sk-test-0123456789abcdef"


Make = Callable[..., OpenApiProvider]


async def failure(server: FaultServer, fault: Fault, **settings: Any) -> ProviderError:
    """The error that generate() raises."""
    _, error = await failed_use(server, fault, "generate", settings)
    return error


async def broken_stream(server: FaultServer, fault: Fault, **settings: Any) -> tuple[list[Chunk], ProviderError]:
    """What stream() yields, and the error that it raises."""
    return await failed_use(server, fault, "stream", settings)


async def failed_use(
    server: FaultServer, fault: Fault, use: str, settings: dict[str, Any]
) -> tuple[list[Chunk], ProviderError]:
    server.will(fault)
    model = Model(id="mine", provider="openapi", endpoint=server.url, api_key=Secret(KEY), **settings)
    provider = OpenApiProvider(model)
    chunks: list[Chunk] = []

    async def consume() -> None:
        if use == "generate":
            await provider.generate(HELLO)
        async for chunk in provider.stream(HELLO):
            chunks.append(chunk)

    try:
        with pytest.raises(ProviderError) as caught:
            await consume()
    finally:
        await provider.aclose()
    assert KEY not in "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value
    while error:
        assert KEY not in repr(error)
        error = error.__cause__
    return chunks, caught.value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "plain"}, "plain"),
        ({"message": "by itself"}, "by itself"),
        ({"detail": [{"msg": "field required"}]}, "field required"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        (b"two\nlines\x00 of text", "two lines of text"),
        ({"error": {"message": f"no such key {KEY}"}}, "no such key ****"),
    ],
)
async def test_the_servers_words_are_shown(fault_server: FaultServer, body: object, words: str) -> None:
    error = await failure(fault_server, status(400, None, body))
    assert str(error) == f"{fault_server.url} answered 400 ({words})"


@pytest.mark.parametrize(
    ("endpoint", "why"), [("", "is missing"), ("127.0.0.1:8000", "must begin"), ("ftp://127.0.0.1", "must begin")]
)
async def test_an_endpoint_that_is_no_http_address_is_a_wrong_setting(openapi: Make, endpoint: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        openapi(endpoint)
    assert str(caught.value.problems[0]).startswith(f"models.mine.endpoint: {why}")


@pytest.mark.parametrize("endpoint", ["http://[::1", "http://h:99999"])
async def test_an_endpoint_that_is_none(openapi: Make, endpoint: str) -> None:
    with pytest.raises(ConfigError, match="no usable endpoint"):
        await openapi(endpoint).generate(HELLO)


@pytest.mark.parametrize(
    "body",
    [[], "text", {}, {"choices": []}, {"choices": 7}, {"choices": ["x"]}, {"choices": [{"message": "x"}]}],
)
async def test_a_wrong_shape_is_not_an_answer(fault_server: FaultServer, body: object) -> None:
    assert isinstance(await failure(fault_server, answer(body)), ProviderReplyError)


async def test_broken_json_inside_a_stream(fault_server: FaultServer) -> None:
    chunks, error = await broken_stream(fault_server, stream([piece("Hi"), "{oops"]))
    assert [chunk.text for chunk in chunks] == ["Hi"]
    assert isinstance(error, ProviderReplyError)
    assert "not JSON" in str(error)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "slow down", "code": 429}, ProviderRateLimitedError),
        ({"message": "slow down", "code": "429", "type": "None"}, ProviderRateLimitedError),
        ({"message": "slow down", "code": "500"}, ProviderUnavailableError),
        ({"message": "slow down", "type": "rate_limit_error"}, ProviderRateLimitedError),
        ({"message": "slow down", "code": "insufficient_quota"}, ProviderRateLimitedError),
        ({"message": "slow down", "type": "overloaded_error"}, ProviderUnavailableError),
        ({"message": "slow down", "type": "server_error", "code": None}, ProviderUnavailableError),
        ({"message": "slow down", "code": 503, "type": "unavailable_error"}, ProviderUnavailableError),
        ({"message": "slow down", "code": "invalid_api_key"}, ProviderAuthError),
        ({"message": "slow down", "type": "invalid_request_error"}, ProviderReplyError),
        ("slow down", ProviderReplyError),
    ],
)
async def test_an_error_inside_an_answer(fault_server: FaultServer, error: object, kind: type[ProviderError]) -> None:
    whole = await failure(fault_server, answer({"error": error}))
    chunks, streamed = await broken_stream(fault_server, stream([piece("Hi"), {"error": error}, "[DONE]"]))
    assert [chunk.text for chunk in chunks] == ["Hi"]
    for caught in (whole, streamed):
        assert type(caught) is kind
        assert str(caught) == f"{fault_server.url} reported an error: slow down"


@pytest.mark.parametrize(
    "said",
    [
        b'event: error\ndata: {"message": "it died", "code": 500}\n\n',
        b"event: error\ndata: it died\n\n",
        b'data: {"object": "error", "message": "it died", "code": 500}\n\n',
    ],
)
async def test_an_error_may_come_as_an_event_of_its_own(fault_server: FaultServer, said: bytes) -> None:
    chunks, error = await broken_stream(fault_server, stream([piece("Hi"), said, "[DONE]"]))
    assert [chunk.text for chunk in chunks] == ["Hi"]
    assert str(error) == f"{fault_server.url} reported an error: it died"


@pytest.mark.parametrize("flood", [b"data: " + b"x" * 2**16, b"data: x\n" * 2**13])
async def test_an_event_without_end_is_given_up(fault_server: FaultServer, flood: bytes) -> None:
    chunks, error = await broken_stream(fault_server, stream([piece("Hi")] + [flood] * 100, then="hang"))
    assert [chunk.text for chunk in chunks] == ["Hi"]
    assert isinstance(error, ProviderReplyError)
    assert "more than 4 MiB" in str(error)


async def test_an_answer_without_end_is_given_up(fault_server: FaultServer) -> None:
    async def flood(turn: Any) -> None:
        await turn.head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
        for _ in range(70):
            await turn.chunk(b" " * 2**20)
        await turn.chunk(b"")

    error = await failure(fault_server, flood)
    assert isinstance(error, ProviderReplyError)
    assert "more than 64 MiB" in str(error)
