"""What the claude provider makes of each way in which Anthropic's API can fail."""

import gzip
import json
import traceback
from typing import Any

import pytest

import claude_provider
from anthropic_dialect import events, failed, named, refused, start, stop, text, tool_use
from aurarouter_claude.provider import ClaudeProvider
from aurarouter_hooks import (
    Chunk,
    ConfigError,
    Model,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderUnavailableError,
    Secret,
    http_sdk,
)
from claude_provider import HELLO, Make, gather
from fault_server import FaultServer
from faults import Fault, answer, status

make = claude_provider.make
KEY = "sk-ant-test-0123456789abcdef"


async def failure(make: Make, server: FaultServer, fault: Fault, **settings: Any) -> ProviderError:
    """The error that a whole answer ends with. The key is nowhere in it."""
    server.will(fault)
    with pytest.raises(ProviderError) as caught:
        await make(server.url, api_key=Secret(KEY), **settings).generate(HELLO)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


async def test_a_bill_that_is_not_paid_is_a_key_that_cannot_be_used(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, refused(402, "billing_error", "Your credit is used up."))
    assert isinstance(error, ProviderAuthError)
    assert str(error) == f"{fault_server.url} answered 402 (Your credit is used up.)"
    assert "billing" in error.hint


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
    monkeypatch.setattr(http_sdk, "REPLY_LIMIT", 2**20)
    error = await failure(make, fault_server, events([start(), b"data: " + b"x" * 2**21]))
    assert str(error) == f"{fault_server.url} sent more than 1 MiB as one answer"
    fault = status(400, None, b'{"error": "' + b"x" * 2**21)
    assert str(await failure(make, fault_server, fault)) == str(error)


async def test_a_line_without_end_is_cut_before_the_sdk_has_gathered_it(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, events([start(), b"data: ", *[b"x" * 2**18] * 40]))
    assert isinstance(error, ProviderReplyError)
    assert str(error) == f"{fault_server.url} sent an event of more than 4 MiB"


def packed(body: bytes) -> Fault:
    """A stream in gzip."""
    return status(200, {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}, gzip.compress(body))


async def test_what_is_packed_is_bounded_as_it_is_unpacked(make: Make, fault_server: FaultServer) -> None:
    error = await failure(make, fault_server, packed(b"data: " + b"x" * 2**23))
    assert str(error) == f"{fault_server.url} sent an event of more than 4 MiB"
    fault_server.will(packed(b"".join(map(named, [start(), *text(0, "Hello"), *stop()]))))
    assert (await make(fault_server.url).generate(HELLO)).text == "Hello"
    assert fault_server.requests[-1].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("api.anthropic.com", "must begin with"),
        ("ftp://example.org", "must begin with"),
        ("https://ada:word@example.org", "user or password"),
        ("https://example.org/v1?key=word", "must end with its path"),
        ("http://[::1", "is not a usable address"),
    ],
)
def test_an_endpoint_of_another_form_is_refused(endpoint: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClaudeProvider(Model(id="mine", provider="claude", endpoint=endpoint))
    assert words in str(caught.value.problems[0])
    assert "word" not in json.dumps([str(caught.value), caught.value.hint])
