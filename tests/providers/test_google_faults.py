"""What the google provider makes of each way in which the vendor, or the way to it, can fail."""

import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import (
    Chunk,
    EmbedRequest,
    Message,
    Model,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Reply,
    Secret,
    Timeouts,
)
from faults import Fault, answer, hang, raw, redirect, reset, slow_headers, status, stream
from gemini_dialect import (
    BAD_KEY,
    NAME,
    NO_SUCH_MODEL,
    OVERLOADED,
    TOO_LONG,
    Make,
    Vendor,
    called,
    error,
    error_info,
    providers,
    quota_failure,
    refused,
    retry_info,
    said,
    streamed,
)

HELLO = Prompt(messages=(Message("user", "Say hello."),))
NOISE = [b"not json", b'{"candidates": [', b"[" * 100_000, b"\xff", b"7"]
NONSENSE: list[object] = [
    [],
    {"candidates": 7},
    {"candidates": ["x"]},
    {"candidates": [[]]},
    {"candidates": [{"content": "x"}]},
]
KEY = "g-test-0123456789abcdef"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        yield server


@pytest.fixture
async def google(vendor: Vendor) -> AsyncIterator[Make]:
    async with providers(vendor.url) as make:
        yield make


async def failure(vendor: Vendor, fault: Fault, **settings: Any) -> ProviderError:
    """The error that generate() raises. That stream() raises the same before its first piece is checked, too."""
    vendor.will(fault, fault)
    given = {"id": NAME, "endpoint": vendor.url, "api_key": Secret(KEY), **settings}
    provider = GoogleProvider(Model(provider="google", **given))
    try:
        with pytest.raises(ProviderError) as whole:
            await provider.generate(HELLO)
        with pytest.raises(ProviderError) as streams:
            [chunk async for chunk in provider.stream(HELLO)]
    finally:
        await provider.aclose()
    assert type(streams.value) is type(whole.value)
    assert KEY not in "".join(traceback.format_exception(whole.value))
    assert KEY not in "".join(traceback.format_exception(streams.value))
    return whole.value


async def used(provider: GoogleProvider, streams: bool) -> Reply:
    """What it answers, in one way or the other."""
    if streams:
        return Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    return await provider.generate(HELLO)


async def broken_stream(google: Make, vendor: Vendor, fault: Fault, **settings: Any) -> tuple[str, ProviderError]:
    """What stream() says, and the error that it raises."""
    vendor.will(fault)
    provider = google(api_key=Secret(KEY), **settings)
    chunks: list[Chunk] = []

    async def consume() -> None:
        async for chunk in provider.stream(HELLO):
            chunks.append(chunk)

    with pytest.raises(ProviderError) as caught:
        await consume()
    assert not [chunk for chunk in chunks if chunk.finish]
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return "".join(chunk.text for chunk in chunks), caught.value


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (BAD_KEY, ProviderAuthError, "answered 400 (API key not valid. Please pass a valid API key.)"),
        (refused(401, "UNAUTHENTICATED", "Who?"), ProviderAuthError, "answered 401 (Who?)"),
        (refused(403, "PERMISSION_DENIED", "No."), ProviderAuthError, "answered 403 (No.)"),
        (
            refused(400, "INVALID_ARGUMENT", "Expired.", error_info("API_KEY_EXPIRED")),
            ProviderAuthError,
            "answered 400 (Expired.)",
        ),
        (TOO_LONG, ProviderReplyError, "exceeds the maximum number of tokens allowed (1048576)"),
        (NO_SUCH_MODEL, ProviderReplyError, "answered 404 (models/nobody is not found"),
        (refused(500, "INTERNAL", "Oops."), ProviderUnavailableError, "answered 500 (Oops.)"),
        (OVERLOADED, ProviderUnavailableError, "answered 503 (The model is overloaded."),
        (refused(504, "DEADLINE_EXCEEDED", "Late."), ProviderUnavailableError, "answered 504 (Late.)"),
        (status(400, None, [error(400, "INVALID_ARGUMENT", "In a list.")]), ProviderReplyError, "400 (In a list.)"),
        (status(502, None, b"<html>Bad \xff gateway</html>"), ProviderUnavailableError, "answered 502"),
        (status(502, None, b"caf\xe9 " + b"[" * 99_999), ProviderUnavailableError, "answered 502 (caf"),
        (status(400, None, {"error": {"message": f"{KEY} is odd", "details": "x"}}), ProviderReplyError, "**** is odd"),
        (status(204, None, b""), ProviderReplyError, "answered 204"),
    ],
)
async def test_a_refusal_becomes_its_error(vendor: Vendor, fault: Fault, kind: type[ProviderError], words: str) -> None:
    caught = await failure(vendor, fault)
    assert type(caught) is kind
    assert str(caught).startswith(vendor.url)
    assert words in str(caught)
    assert caught.hint


@pytest.mark.parametrize(
    ("details", "headers", "seconds"),
    [
        ([retry_info("53s")], {}, 53.0),
        ([quota_failure("requests"), retry_info("0.5s")], {"Retry-After": "7"}, 0.5),
        ([quota_failure("requests")], {"Retry-After": "7"}, 7.0),
        ([retry_info("soon")], {}, None),
        ([], {}, None),
    ],
)
async def test_a_rate_limit_says_how_long(
    vendor: Vendor, details: list[dict[str, Any]], headers: dict[str, str], seconds: float | None
) -> None:
    body = error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", *details)
    caught = await failure(vendor, status(429, headers, body))
    assert isinstance(caught, ProviderRateLimitedError)
    assert caught.retry_after == seconds
    assert "exceeded your current quota" in str(caught)


async def test_nothing_is_tried_twice(google: Make, vendor: Vendor) -> None:
    vendor.will(OVERLOADED, reset, refused(429, "RESOURCE_EXHAUSTED", "Slow down."))
    provider = google()
    for number in range(1, 4):
        with pytest.raises(ProviderError):
            await provider.generate(HELLO)
        assert len(vendor.requests) == number


@pytest.mark.parametrize(
    ("feedback", "words"),
    [
        ({"blockReason": "PROHIBITED_CONTENT"}, "blocked the prompt: PROHIBITED_CONTENT"),
        (
            {
                "blockReason": "SAFETY",
                "blockReasonMessage": "Not this.",
                "safetyRatings": [
                    {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
                    {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH"},
                    {"category": "HARM_CATEGORY_HATE_SPEECH", "probability": "LOW", "blocked": True},
                ],
            },
            "SAFETY, HARM_CATEGORY_DANGEROUS_CONTENT, HARM_CATEGORY_HATE_SPEECH (Not this.)",
        ),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
async def test_a_blocked_prompt_says_why(
    google: Make, vendor: Vendor, feedback: dict[str, Any], words: str, streams: bool
) -> None:
    body = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 7}, "modelVersion": NAME}
    vendor.will(streamed([body]) if streams else answer(body))
    with pytest.raises(ProviderReplyError) as caught:
        await used(google(), streams)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "other"),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
async def test_how_an_answer_ended(google: Make, vendor: Vendor, reason: str, finish: str, streams: bool) -> None:
    pieces = streamed([said("Hel", finish=None), said(finish=reason)])
    vendor.will(pieces if streams else answer(said("Hel", finish=reason)))
    reply = await used(google(), streams)
    assert (reply.text, reply.finish) == ("Hel", finish)


async def test_an_answer_without_words_is_one_when_it_was_filtered_or_cut(google: Make, vendor: Vendor) -> None:
    bare = {"candidates": [{"finishReason": "SAFETY", "index": 0}], "usageMetadata": {"promptTokenCount": 7}}
    vendor.will(answer(bare), streamed([bare]), answer(said(finish="MAX_TOKENS")))
    provider = google()
    reply = await provider.generate(HELLO)
    assert (reply.text, reply.finish) == ("", "content_filter")
    assert [chunk.finish async for chunk in provider.stream(HELLO)] == ["content_filter"]
    assert (await provider.generate(HELLO)).finish == "length"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"candidates": []},
        {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}]},
        {"candidates": [{"index": 1, "content": {"parts": [{"text": "the other"}]}}]},
    ],
)
async def test_an_answer_of_nothing_is_none(google: Make, vendor: Vendor, body: object) -> None:
    vendor.will(answer(body))
    with pytest.raises(ProviderReplyError, match="answered nothing"):
        await google().generate(HELLO)


@pytest.mark.filterwarnings("ignore:.* is not a valid FinishReason")  # the SDK's own, of every word it doesn't know
async def test_a_reason_that_is_not_known_yet(google: Make, vendor: Vendor) -> None:
    vendor.will(answer(said("Hi", finish="TIRED")))
    assert (await google().generate(HELLO)).finish == "other"


async def test_fields_that_are_not_known_yet_are_passed_over(google: Make, vendor: Vendor) -> None:
    vendor.will(answer(said("Hi", {"hologram": {"x": 1}}, called("look", {}), mood="fine")))
    reply = await google().generate(HELLO)
    assert (reply.text, reply.tool_calls[0].name) == ("Hi", "look")


@pytest.mark.parametrize("fault", [*(status(200, None, page) for page in NOISE), *map(answer, NONSENSE)])
async def test_what_cannot_be_read_is_not_an_answer(vendor: Vendor, fault: Fault) -> None:
    caught = await failure(vendor, fault)
    assert isinstance(caught, ProviderReplyError)
    assert "answered nothing" in str(caught) or "does not answer in the shape" in str(caught)


async def test_a_key_inside_nonsense_is_not_shown(vendor: Vendor) -> None:
    caught = await failure(vendor, answer({"candidates": [{"content": {"parts": KEY}}]}))
    assert "****" in str(caught.__cause__)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (error(503, "UNAVAILABLE", "Overloaded."), ProviderUnavailableError, "503 (Overloaded.)"),
        (error(429, "RESOURCE_EXHAUSTED", "Slow.", retry_info("3s")), ProviderRateLimitedError, "429 (Slow.)"),
        (error(400, "INVALID_ARGUMENT", f"{KEY}?", error_info("API_KEY_INVALID")), ProviderAuthError, "400 (****?)"),
        ({"error": {"message": "no code"}}, ProviderReplyError, "shape of the Gemini API"),
        ({"error": "a word"}, ProviderReplyError, "shape of the Gemini API"),
    ],
)
async def test_an_error_inside_a_stream(
    google: Make, vendor: Vendor, body: object, kind: type[ProviderError], words: str
) -> None:
    said_so_far, caught = await broken_stream(google, vendor, streamed([said("Hi", finish=None), body]))
    assert said_so_far == "Hi"
    assert type(caught) is kind
    assert words in str(caught)
    assert getattr(caught, "retry_after", None) == (3.0 if kind is ProviderRateLimitedError else None)


@pytest.mark.parametrize("then", ["reset", "eof"])
async def test_half_a_stream_and_a_lost_connection(google: Make, vendor: Vendor, then: str) -> None:
    said_so_far, caught = await broken_stream(google, vendor, streamed([said("Hello ", finish=None)], then))
    assert "Hello ".startswith(said_so_far)
    assert isinstance(caught, ProviderUnavailableError)
    assert "was lost" in str(caught)


@pytest.mark.parametrize("pieces", [[], [said("Hello ", finish=None)]])
async def test_half_a_stream_and_a_clean_end(google: Make, vendor: Vendor, pieces: list[Any]) -> None:
    _, caught = await broken_stream(google, vendor, streamed(pieces))
    assert isinstance(caught, ProviderUnavailableError)
    assert "ended early" in str(caught)


async def test_broken_json_inside_a_stream(google: Make, vendor: Vendor) -> None:
    said_so_far, caught = await broken_stream(google, vendor, stream([said("Hi", finish=None), "{oops"]))
    assert said_so_far == "Hi"
    assert isinstance(caught, ProviderReplyError)


@pytest.mark.parametrize("fault", [hang, slow_headers])
async def test_silence_is_a_timeout(vendor: Vendor, fault: Fault) -> None:
    caught = await failure(vendor, fault, timeouts=Timeouts(total=0.2))
    assert isinstance(caught, ProviderTimeoutError)
    assert caught.after >= 0.2
    assert "did not answer in time" in str(caught)


@pytest.mark.parametrize("pieces", [[], [said("Hi", finish=None)]])
async def test_silence_inside_a_stream_is_a_timeout(google: Make, vendor: Vendor, pieces: list[Any]) -> None:
    timeouts = Timeouts(total=0.2)
    said_so_far, caught = await broken_stream(google, vendor, streamed(pieces, then="hang"), timeouts=timeouts)
    assert said_so_far == ("Hi" if pieces else "")
    assert isinstance(caught, ProviderTimeoutError)


@pytest.mark.parametrize("fault", [reset, raw(b"")])
async def test_no_answer_at_all(vendor: Vendor, fault: Fault) -> None:
    caught = await failure(vendor, fault)
    assert isinstance(caught, ProviderUnavailableError)
    assert f"the connection to {vendor.url} was lost" in str(caught)


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\x13garbage\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"SSH-2.0-x\r\n\r\n"]
)
async def test_noise_is_not_an_answer(vendor: Vendor, noise: bytes) -> None:
    caught = await failure(vendor, raw(noise))
    assert isinstance(caught, ProviderReplyError)
    assert "not HTTP" in str(caught)


async def test_nobody_listens(google: Make) -> None:
    provider = google(endpoint="http://127.0.0.1:9")
    with pytest.raises(ProviderUnavailableError, match=r"cannot connect to http://127\.0\.0\.1:9: Connection refused"):
        await provider.generate(HELLO)
    assert (await provider.health()).state == "down"


async def test_a_name_without_address(google: Make) -> None:
    provider = google(endpoint="http://nowhere.invalid")
    with pytest.raises(ProviderUnavailableError, match=r"cannot connect to http://nowhere\.invalid"):
        await provider.generate(HELLO)


@pytest.mark.parametrize("streams", [False, True])
async def test_an_answer_without_end_is_given_up(google: Make, vendor: Vendor, streams: bool) -> None:
    flood = [b" " * 2**20] * 70
    vendor.will(stream([b"data: ", *flood] if streams else flood))
    with pytest.raises(ProviderReplyError, match="more than 64 MiB"):
        await used(google(), streams)


async def test_a_redirect_is_not_followed(vendor: Vendor) -> None:
    with Vendor() as elsewhere:
        caught = await failure(vendor, redirect(f"http://user:word@127.0.0.1:{elsewhere.port}/v1?token=abc"))
        assert isinstance(caught, ProviderReplyError)
        assert str(caught) == f"{vendor.url} redirects to {elsewhere.url}, and redirects are not followed"
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (OVERLOADED, "down"),
        (BAD_KEY, "misconfigured"),
        (refused(429, "RESOURCE_EXHAUSTED", "Slow.", retry_info("9s")), "rate_limited"),
        (status(404), "unknown"),
        (answer([]), "unknown"),
    ],
)
async def test_health_says_how_it_is(google: Make, vendor: Vendor, fault: Fault, state: str) -> None:
    vendor.will(fault)
    health = await google().health()
    assert health.state == state
    assert health.detail
    assert health.retry_in == (9.0 if state == "rate_limited" else None)


async def test_a_backend_that_cannot_count_or_embed(google: Make, vendor: Vendor) -> None:
    vendor.will(status(404), OVERLOADED, answer({"embeddings": [{"values": [1.0]}]}), answer({}))
    provider = google()
    assert await provider.count_tokens(HELLO) is None
    with pytest.raises(ProviderUnavailableError):
        await provider.count_tokens(HELLO)
    for sent in (1, 0):
        with pytest.raises(ProviderReplyError, match=f"sent {sent} vectors for 2 texts"):
            await provider.embed(EmbedRequest(texts=("a", "b")))
