"""What the openapi provider makes of each way in which a server can fail."""

import asyncio
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
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
    ProviderTimeoutError,
    ProviderUnavailableError,
    Secret,
    Timeouts,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import Fault, answer, half_a_stream, hang, piece, raw, redirect, reset, slow_headers, status, stream

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
    ("code", "kind"),
    [
        (400, ProviderReplyError),
        (401, ProviderAuthError),
        (403, ProviderAuthError),
        (404, ProviderReplyError),
        (413, ProviderReplyError),
        (422, ProviderReplyError),
        (500, ProviderUnavailableError),
        (502, ProviderUnavailableError),
        (503, ProviderUnavailableError),
        (529, ProviderUnavailableError),
    ],
)
async def test_a_status_becomes_its_error(fault_server: FaultServer, code: int, kind: type[ProviderError]) -> None:
    error = await failure(fault_server, status(code))
    assert type(error) is kind
    assert str(error) == f"{fault_server.url} answered {code} (scripted {code})"
    assert error.hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "7", "retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
    ],
)
async def test_a_rate_limit_says_how_long(
    fault_server: FaultServer, headers: dict[str, str], seconds: float | None
) -> None:
    error = await failure(fault_server, status(429, headers))
    assert isinstance(error, ProviderRateLimitedError)
    assert error.retry_after == seconds


async def test_a_rate_limit_may_name_a_moment(fault_server: FaultServer) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    error = await failure(fault_server, status(429, {"Retry-After": moment}))
    assert isinstance(error, ProviderRateLimitedError)
    assert error.retry_after is not None
    assert 3000 < error.retry_after <= 3600


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


async def test_long_words_are_cut_and_a_page_is_left_out(fault_server: FaultServer) -> None:
    long = await failure(fault_server, status(400, None, {"error": "x" * 290 + KEY + "y" * 10_000}))
    assert str(long).endswith("x****yyyyyy…)")
    page = await failure(fault_server, status(502, None, b"<html><h1>Bad gateway</h1></html>"))
    assert str(page) == f"{fault_server.url} answered 502"


async def test_nobody_listens(openapi: Make) -> None:
    provider = openapi("http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailableError, match=r"cannot connect to http://127\.0\.0\.1:9: Connection refused"):
        await provider.generate(HELLO)


async def test_a_name_without_address(openapi: Make) -> None:
    provider = openapi("http://nowhere.invalid")
    with pytest.raises(ProviderUnavailableError, match=r"cannot connect to http://nowhere\.invalid"):
        await provider.generate(HELLO)
    assert (await provider.where()).kind == "unknown"


@pytest.mark.parametrize(
    ("endpoint", "why"), [("", "is missing"), ("127.0.0.1:8000", "must begin"), ("ftp://127.0.0.1", "must begin")]
)
async def test_an_endpoint_that_is_no_http_address_is_a_wrong_setting(openapi: Make, endpoint: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        openapi(endpoint)
    assert str(caught.value.problems[0]).startswith(f"models.mine.endpoint: {why}")


@pytest.mark.parametrize("endpoint", ["http://[::1", "http://h:99999"])
async def test_an_endpoint_that_is_none(openapi: Make, endpoint: str) -> None:
    provider = openapi(endpoint)
    with pytest.raises(ProviderReplyError, match="not a usable address"):
        await provider.generate(HELLO)


@pytest.mark.parametrize("fault", [hang, slow_headers])
async def test_silence_is_a_timeout(fault_server: FaultServer, fault: Fault) -> None:
    error = await failure(fault_server, fault, timeouts=Timeouts(total=0.2))
    assert isinstance(error, ProviderTimeoutError)
    assert error.after >= 0.2
    assert "did not answer in time" in str(error)


async def test_silence_before_the_first_token_is_a_timeout(fault_server: FaultServer) -> None:
    chunks, error = await broken_stream(fault_server, stream([], then="hang"), timeouts=Timeouts(total=0.2))
    assert not chunks
    assert isinstance(error, ProviderTimeoutError)


async def test_a_reset_before_the_first_byte(fault_server: FaultServer) -> None:
    error = await failure(fault_server, reset)
    assert isinstance(error, ProviderUnavailableError)
    assert f"the connection to {fault_server.url} was lost" in str(error)


async def test_a_hang_up_before_the_first_byte(fault_server: FaultServer) -> None:
    error = await failure(fault_server, raw(b""))
    assert isinstance(error, ProviderUnavailableError)
    assert "was lost" in str(error)


@pytest.mark.parametrize("then", ["reset", "eof"])
async def test_half_a_stream_and_a_lost_connection(fault_server: FaultServer, then: str) -> None:
    chunks, error = await broken_stream(fault_server, half_a_stream(then))
    assert "Hello A".startswith("".join(chunk.text for chunk in chunks))
    assert not [chunk for chunk in chunks if chunk.finish]
    assert isinstance(error, ProviderUnavailableError)
    assert "was lost" in str(error)


async def test_half_a_stream_and_a_clean_end(fault_server: FaultServer) -> None:
    chunks, error = await broken_stream(fault_server, half_a_stream("end"))
    assert [chunk.text for chunk in chunks] == ["Hello ", "A"]
    assert isinstance(error, ProviderUnavailableError)
    assert "ended early" in str(error)


@pytest.mark.parametrize("noise", [b"\x00\xff\x13garbage\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"SSH-2.0-x\r\n"])
async def test_noise_is_not_an_answer(fault_server: FaultServer, noise: bytes) -> None:
    error = await failure(fault_server, raw(noise))
    assert isinstance(error, ProviderReplyError)
    assert "not HTTP" in str(error)


@pytest.mark.parametrize("body", [b"", b"not json", b'{"choices": [', b"[" * 100_000])
async def test_broken_json_is_not_an_answer(fault_server: FaultServer, body: bytes) -> None:
    error = await failure(fault_server, status(200, None, body))
    assert isinstance(error, ProviderReplyError)
    assert "not JSON" in str(error)
    assert error.__cause__ is not None


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


async def test_a_server_that_does_not_stream(fault_server: FaultServer) -> None:
    chunks, error = await broken_stream(fault_server, answer({"choices": []}))
    assert not chunks
    assert isinstance(error, ProviderReplyError)
    assert "sent application/json instead of a stream" in str(error)


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


async def test_a_redirect_is_not_followed(fault_server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        target = f"http://user:word@127.0.0.1:{elsewhere.port}/v1/chat/completions?token=abc"
        error = await failure(fault_server, redirect(target))
        assert isinstance(error, ProviderReplyError)
        assert str(error) == (f"{fault_server.url} redirects to {elsewhere.url}, and redirects are not followed")
        same = await failure(fault_server, redirect("/v2/chat/completions"))
        assert f"redirects to {fault_server.url}," in str(same)
        assert elsewhere.connections == 0


async def test_a_key_that_no_header_can_carry(fault_server: FaultServer) -> None:
    key = "sk-two\nlines-é"
    model = Model(id="mine", provider="openapi", endpoint=fault_server.url, api_key=Secret(key))
    provider = OpenApiProvider(model)
    with pytest.raises(ProviderAuthError, match="no HTTP header can carry") as caught:
        await provider.generate(HELLO)
    assert "lines" not in str(caught.value)
    assert (await provider.health()).state == "misconfigured"
    assert fault_server.connections == 0


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_closes_the_connection(openapi: Make, fault_server: FaultServer, streamed: bool) -> None:
    fault_server.will(stream([piece("Hi")], then="hang") if streamed else hang)
    provider = openapi(fault_server.url)

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
    ("fault", "state"),
    [
        (status(200, None, {"data": [{"id": "m"}]}), "healthy"),
        (status(503, None, {"error": {"message": "Loading model", "type": "unavailable_error"}}), "loading"),
        (status(503), "down"),
        (status(401), "misconfigured"),
        (status(429, {"Retry-After": "9"}), "rate_limited"),
        (status(404), "unknown"),
        (status(200, None, {"data": [7]}), "unknown"),
    ],
)
async def test_health_says_how_it_is(openapi: Make, fault_server: FaultServer, fault: Fault, state: str) -> None:
    fault_server.will(fault)
    provider = openapi(fault_server.url)
    health = await provider.health()
    assert health.state == state
    assert bool(health.detail) is (state != "healthy")
    assert health.retry_in == (9.0 if state == "rate_limited" else None)
