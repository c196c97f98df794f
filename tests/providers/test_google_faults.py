"""What the google provider makes of each way in which the vendor, or the way to it, can fail."""

import gzip
import traceback
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
    ProviderUnavailableError,
    Reply,
    Secret,
)
from faults import Fault, answer, status, stream
from gemini_dialect import (
    BAD_KEY,
    NAME,
    NO_SUCH_MODEL,
    OVERLOADED,
    TOO_LONG,
    Make,
    Vendor,
    error,
    error_info,
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
        (
            refused(400, "INVALID_ARGUMENT", "Expired.", error_info("API_KEY_EXPIRED")),
            ProviderAuthError,
            "answered 400 (Expired.)",
        ),
        (TOO_LONG, ProviderReplyError, "exceeds the maximum number of tokens allowed (1048576)"),
        (NO_SUCH_MODEL, ProviderReplyError, "answered 404 (models/nobody is not found"),
        (OVERLOADED, ProviderUnavailableError, "answered 503 (The model is overloaded."),
        (status(400, None, [error(400, "INVALID_ARGUMENT", "In a list.")]), ProviderReplyError, "400 (In a list.)"),
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
        ([retry_info("-9s")], {"Retry-After": "7"}, 7.0),
        ([retry_info("1000000s")], {}, 3600.0),
        ([retry_info("0s")], {}, 0.0),
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


async def test_broken_json_inside_a_stream(google: Make, vendor: Vendor) -> None:
    said_so_far, caught = await broken_stream(google, vendor, stream([said("Hi", finish=None), "{oops"]))
    assert said_so_far == "Hi"
    assert isinstance(caught, ProviderReplyError)


@pytest.mark.parametrize("streams", [False, True])
async def test_an_answer_without_end_is_given_up(google: Make, vendor: Vendor, streams: bool) -> None:
    flood = [b" " * 2**20] * 70
    vendor.will(stream([b"data: ", *flood] if streams else flood))
    with pytest.raises(ProviderReplyError, match="more than 4 MiB"):
        await used(google(), streams)


async def test_a_packed_answer_without_end_is_given_up(google: Make, vendor: Vendor) -> None:
    packed = gzip.compress(b" " * 70 * 2**20)
    vendor.will(status(200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, packed))
    with pytest.raises(ProviderReplyError, match="sent more than 64 MiB"):
        await google().embed(EmbedRequest(texts=("a",)))


async def test_a_backend_that_cannot_count_or_embed(google: Make, vendor: Vendor) -> None:
    vendor.will(status(404), OVERLOADED, answer({"embeddings": [{"values": [1.0]}]}), answer({}))
    provider = google()
    assert await provider.count_tokens(HELLO) is None
    with pytest.raises(ProviderUnavailableError):
        await provider.count_tokens(HELLO)
    for sent in (1, 0):
        with pytest.raises(ProviderReplyError, match=f"sent {sent} vectors for 2 texts"):
            await provider.embed(EmbedRequest(texts=("a", "b")))
