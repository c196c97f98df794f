"""What the claude provider makes of each way in which Anthropic's API can fail."""

import json
import traceback
from typing import Any

import pytest

import claude_provider
from anthropic_dialect import claude, events, failed, named, refused, start, stop, text, tool_use
from aurarouter_claude import transport
from aurarouter_claude.provider import ClaudeProvider
from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Model,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Secret,
    Timeouts,
)
from claude_provider import HELLO, Make, gather
from fault_server import FaultServer
from faults import Fault, answer, raw, redirect, reset, slow_headers, status

make = claude_provider.make
KEY = "sk-ant-test-0123456789abcdef"


async def failure(make: Make, server: FaultServer, fault: Fault, **settings: Any) -> ProviderError:
    """The error that a whole answer ends with. The key is nowhere in it."""
    server.will(fault)
    with pytest.raises(ProviderError) as caught:
        await make(server.url, api_key=Secret(KEY), **settings).generate(HELLO)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("code", "word", "kind"),
    [
        (400, "invalid_request_error", ProviderReplyError),
        (401, "authentication_error", ProviderAuthError),
        (402, "billing_error", ProviderAuthError),
        (403, "permission_error", ProviderAuthError),
        (404, "not_found_error", ProviderReplyError),
        (413, "request_too_large", ProviderReplyError),
        (429, "rate_limit_error", ProviderRateLimitedError),
        (500, "api_error", ProviderUnavailableError),
        (503, "api_error", ProviderUnavailableError),
        (504, "timeout_error", ProviderUnavailableError),
        (529, "overloaded_error", ProviderUnavailableError),
    ],
)
async def test_a_status_becomes_its_error(
    make: Make, fault_server: FaultServer, code: int, word: str, kind: type[ProviderError]
) -> None:
    error = await failure(make, fault_server, refused(code, word, f"scripted by {KEY}"))
    assert type(error) is kind
    assert str(error) == f"{fault_server.url} answered {code} (scripted by ****)"
    assert error.hint
    assert error.__cause__ is not None
    assert len(fault_server.requests) == 1  # the executor retries, not the SDK


async def test_a_page_that_is_no_json_is_understood_by_its_status(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, status(502, None, b"<html><h1>Bad gateway</h1></html>"))
    assert isinstance(error, ProviderUnavailableError)
    assert str(error) == f"{fault_server.url} answered 502"


@pytest.mark.parametrize(
    ("code", "headers", "seconds"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (429, {"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        (429, {}, None),
        (529, {"retry-after": "3"}, 3.0),
    ],
)
async def test_how_long_to_wait_is_kept(
    make: Make, fault_server: FaultServer, code: int, headers: dict[str, str], seconds: float | None
) -> None:
    error = await failure(make, fault_server, refused(code, "rate_limit_error", headers=headers))
    assert isinstance(error, ProviderRateLimitedError | ProviderUnavailableError)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("overloaded_error", ProviderUnavailableError),
        ("api_error", ProviderUnavailableError),
        ("timeout_error", ProviderUnavailableError),
        ("rate_limit_error", ProviderRateLimitedError),
        ("authentication_error", ProviderAuthError),
        ("invalid_request_error", ProviderReplyError),
    ],
)
async def test_an_error_in_the_middle_of_a_stream_ends_it(
    make: Make, fault_server: FaultServer, word: str, kind: type[ProviderError]
) -> None:
    fault_server.will(events([start(), *text(0, "Hel")[:-1], failed(word, f"Overloaded, {KEY}")]))
    chunks: list[Chunk] = []
    with pytest.raises(ProviderError) as caught:
        await gather(make(fault_server.url, api_key=Secret(KEY)), HELLO, chunks)
    assert type(caught.value) is kind
    assert str(caught.value) == f"{fault_server.url} reported an error: Overloaded, ****"
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert [chunk.text for chunk in chunks] == ["Hel"]


@pytest.mark.parametrize("then", ["end", "eof", "reset"])
async def test_half_a_stream_is_no_answer(make: Make, fault_server: FaultServer, then: str) -> None:
    fault_server.will(events([start(), *text(0, "Hel", "lo")], then))
    chunks: list[Chunk] = []
    with pytest.raises(ProviderUnavailableError, match=r"ended early|was lost"):
        await gather(make(fault_server.url), HELLO, chunks)
    assert "".join(chunk.text for chunk in chunks) == "Hello"
    assert not [chunk for chunk in chunks if chunk.finish]


async def test_a_whole_answer_counts_though_the_connection_is_lost_after_it(
    make: Make, fault_server: FaultServer
) -> None:
    fault_server.will(events([start(), *text(0, "Hello"), *stop()[:1]]))
    assert (await make(fault_server.url).generate(HELLO)).finish == "stop"


@pytest.mark.parametrize(
    "part",
    [
        b"event: message_start\ndata: {\n\n",
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
        b'event: message_start\ndata: {"type": "message_start", "message": 7}\n\n',
        b"event: content_block_delta\ndata: \xff\n\n",
        named({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}}),
        named({"type": "content_block_delta", "index": 4, "delta": {"type": "signature_delta", "signature": "x"}}),
        named({"type": "content_block_delta", "index": 4}),
    ],
)
async def test_nonsense_in_a_stream_is_named(make: Make, fault_server: FaultServer, part: bytes) -> None:
    error = await failure(make, fault_server, events([part, *stop()]))
    assert isinstance(error, ProviderReplyError)
    assert "does not answer in the shape of Anthropic's API" in str(error)


async def test_arguments_that_are_no_json_are_handed_on_as_they_are(make: Make, fault_server: FaultServer) -> None:
    fault_server.will(events([start(), *tool_use(0, "sky", '{"a": '), *stop("max_tokens")]))
    assert (await make(fault_server.url).generate(HELLO)).tool_calls[0].arguments == '{"a": '


@pytest.mark.parametrize("fault", [answer({"content": []}), status(200, {"Content-Type": "text/html"}, b"<html>")])
async def test_something_else_than_a_stream_is_named(make: Make, fault_server: FaultServer, fault: Fault) -> None:
    error = await failure(make, fault_server, fault)
    assert isinstance(error, ProviderReplyError)
    assert "instead of a stream" in str(error)


async def test_an_answer_without_end_is_cut(
    make: Make, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "REPLY_LIMIT", 2**20)
    error = await failure(make, fault_server, events([start(), b"data: " + b"x" * 2**21]))
    assert str(error) == f"{fault_server.url} sent more than 1 MiB as one answer"
    fault = status(400, None, b'{"error": "' + b"x" * 2**21)
    assert str(await failure(make, fault_server, fault)) == str(error)


@pytest.mark.parametrize("fault", [raw(b"HTTP/1.1 OK?\r\n\r\n"), raw(b"\x15\x03\x01\x00\x02\x02\x46")])
async def test_something_that_is_not_http_is_named(make: Make, fault_server: FaultServer, fault: Fault) -> None:
    assert "not HTTP" in str(await failure(make, fault_server, fault))


async def test_a_lost_connection_is_named(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, reset)
    assert isinstance(error, ProviderUnavailableError)
    assert "was lost before the answer was complete" in str(error)


async def test_headers_that_never_end_are_a_timeout(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, slow_headers, timeouts=Timeouts(total=0.2))
    assert isinstance(error, ProviderTimeoutError)
    assert error.after >= 0.2


async def test_nobody_listens(make: Make) -> None:
    for endpoint in ("http://127.0.0.1:9", "http://nowhere.invalid"):
        with pytest.raises(ProviderUnavailableError, match=f"cannot connect to {endpoint}"):
            await make(endpoint).generate(HELLO)


async def test_a_redirect_is_not_followed(make: Make, fault_server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        error = await failure(make, fault_server, redirect(elsewhere.url))
        assert f"redirects to {elsewhere.url}" in str(error)
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (claude, "healthy"),
        (refused(401, "authentication_error"), "misconfigured"),
        (refused(429, "rate_limit_error", headers={"retry-after": "7"}), "rate_limited"),
        (refused(404, "not_found_error"), "unknown"),
        (refused(529, "overloaded_error"), "down"),
        (status(503, None, {"error": {"message": "Loading model", "code": 503}}), "loading"),
        (answer({"data": [{}]}), "unknown"),
        (status(200, None, b"no JSON"), "unknown"),
    ],
)
async def test_health_says_how_it_is(make: Make, fault_server: FaultServer, fault: Fault, state: str) -> None:
    fault_server.will(fault)
    assert (await make(fault_server.url).health()).state == state


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("api.anthropic.com", "must begin with"),
        ("ftp://example.org", "must begin with"),
        ("https://ada:word@example.org", "user or password"),
        ("https://example.org/v1?key=word", "must end with its path"),
        ("http://[::1", "is no address"),
    ],
)
def test_an_endpoint_of_another_form_is_refused(endpoint: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClaudeProvider(Model(id="mine", provider="claude", endpoint=endpoint))
    assert words in str(caught.value.problems[0])
    assert "word" not in json.dumps([str(caught.value), caught.value.hint])
