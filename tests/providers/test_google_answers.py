"""What the google provider makes of good answers, of blocked prompts and of answers that hold nothing."""

from typing import Any

import pytest

from aurarouter_google.provider import GoogleProvider
from aurarouter_hooks import (
    Message,
    Prompt,
    ProviderReplyError,
    Reply,
    Usage,
)
from faults import answer
from gemini_dialect import (
    NAME,
    Make,
    Vendor,
    called,
    said,
    streamed,
)

HELLO = Prompt(messages=(Message("user", "Say hello."),))


async def used(provider: GoogleProvider, streams: bool) -> Reply:
    """What it answers, in one way or the other."""
    if streams:
        return Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    return await provider.generate(HELLO)


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


async def test_counts_and_logprobs_come_back(google: Make, vendor: Vendor) -> None:
    counts = {
        "promptTokenCount": 9,
        "toolUsePromptTokenCount": 2,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 5,
        "totalTokenCount": 45,
    }
    body = said("4", usageMetadata=counts)
    chosen = {"token": "4", "tokenId": 236812, "logProbability": -0.1}
    other = {"token": "5", "tokenId": 236813, "logProbability": -3.0}
    top = [{"candidates": [chosen, other]}]
    body["candidates"][0]["logprobsResult"] = {"chosenCandidates": [chosen], "topCandidates": top}
    vendor.will(answer(body), streamed([body]))
    provider = google()
    reply = await provider.generate(HELLO)
    assert reply.usage == Usage(input_tokens=11, output_tokens=34, cached_input_tokens=5, reasoning_tokens=30)
    best = [{"token": "4", "logprob": -0.1}, {"token": "5", "logprob": -3.0}]
    assert reply.logprobs == [{"token": "4", "logprob": -0.1, "top_logprobs": best}]
    assert Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)]) == reply


@pytest.mark.parametrize("counts", [{}, {"promptTokenCount": 0}])
async def test_usage_is_guessed_where_it_is_not_told(google: Make, vendor: Vendor, counts: dict[str, int]) -> None:
    vendor.will(answer(said("Hello Ada.", usageMetadata=counts)))
    reply = await google().generate(HELLO)
    assert reply.usage == Usage(input_tokens=3, output_tokens=3, estimated=True)


@pytest.mark.parametrize("then", ["eof", "reset", "hang"])
async def test_an_answer_that_never_closes_well_is_whole_all_the_same(google: Make, vendor: Vendor, then: str) -> None:
    vendor.will(streamed([said("Hel", finish=None), said("lo")], then))
    reply = await used(google(), streams=True)
    assert (reply.text, reply.finish) == ("Hello", "stop")
