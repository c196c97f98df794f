"""The google provider sends and reads every part of the Gemini API."""

import base64
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from attrs import evolve

from aurarouter_hooks import (
    ConfigError,
    Media,
    Message,
    Opaque,
    Prompt,
    ProviderReplyError,
    Reply,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
    Usage,
)
from faults import answer
from gemini_dialect import NAME, Make, Vendor, called, providers, said, streamed

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))
LOOK = Tool(name="look", description="Looks.", schema={"type": "object", "properties": {"x": {"type": "integer"}}})
SIGNATURE = base64.b64encode(b"\xfb\xef thought").decode()


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        yield server


@pytest.fixture
async def google(vendor: Vendor) -> AsyncIterator[Make]:
    async with providers(vendor.url) as make:
        yield make


@pytest.mark.parametrize(
    ("ending", "options", "version"),
    [
        ("", {}, "/v1beta"),
        ("/", {}, "/v1beta"),
        ("/v1", {}, "/v1"),
        ("/v1beta/", {}, "/v1beta"),
        ("/gate/way", {}, "/gate/way/v1beta"),
        ("", {"api_version": "v1alpha"}, "/v1alpha"),
        ("/v1", {"api_version": "v1beta2"}, "/v1beta2"),
    ],
)
async def test_an_endpoint_may_be_written_in_many_ways(
    google: Make, vendor: Vendor, ending: str, options: dict[str, Any], version: str
) -> None:
    await google(endpoint=vendor.url + ending, options=options).generate(HELLO)
    assert vendor.requests[0].path == f"{version}/models/{NAME}:generateContent"


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("endpoint", "generativelanguage.googleapis.com", "must begin with"),
        ("endpoint", "ftp://host", "must begin with"),
        ("endpoint", "https://", "names no host"),
        ("endpoint", "https://[::1", "no usable address"),
        ("endpoint", "https://host:99999", "no usable address"),
        ("endpoint", "https://ada:word@host", "must hold no user"),
        ("endpoint", "https://host?key=word", "must hold no user"),
        ("options", {"api_version": "../v1"}, "must be a word"),
        ("options", {"api_version": 1}, "must be a text"),
        ("options", {"thinking": "much"}, "must be names and values"),
        ("options", {"http_options": {}}, "unknown option"),
    ],
)
async def test_a_wrong_setting_is_told_at_once(google: Make, setting: str, value: Any, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        google(**{setting: value})
    (problem,) = map(str, caught.value.problems)
    assert why in problem
    assert "word@" not in problem
    assert "key=word" not in problem


async def test_every_kind_of_part_is_sent(google: Make, vendor: Vendor) -> None:
    signed = Opaque(provider="google", model=NAME, data={"call": "c1", "signature": SIGNATURE})
    spoken = Opaque(provider="google", data={"call": "", "signature": SIGNATURE})
    prompt = Prompt(
        messages=(
            Message("system", "Be brief."),
            Message("user", [Text("What is "), Text("this?"), Media(media_type="image/png", data=b"\x89PNG")]),
            Message("user", [Media(media_type="application/pdf", url="https://host/x.pdf")]),
            Message(
                "assistant",
                [
                    signed,
                    spoken,
                    Opaque(provider="claude", data={"signature": "secret"}),
                    Opaque(provider="google", model="another", data={"call": "c1", "signature": "b3RoZXI="}),
                    Text("I'll look."),
                    ToolCall(id="c1", name="look", arguments='{"x": 1}'),
                    ToolCall(id="c2", name="look", arguments=""),
                ],
            ),
            Message("tool", [ToolResult(call_id="c1", content="a cat")]),
            Message("tool", [ToolResult(call_id="c2", content="too dark", is_error=True)]),
            Message("system", "Be kind."),
            Message("user", "Thanks."),
        ),
        tools=(LOOK, Tool(name="stop")),
        tool_choice="look",
        response_schema={"type": "object"},
        trace_context=TraceContext(trace_id="a" * 32, span_id="b" * 16, state="k=v"),
    )
    await google(model_name="gemini-3-pro").generate(prompt)
    request = vendor.requests[0]
    assert request.headers["x-goog-api-key"] == "g-key"
    assert request.headers["traceparent"] == f"00-{'a' * 32}-{'b' * 16}-01"
    assert request.headers["tracestate"] == "k=v"
    assert request.headers["accept-encoding"] == "identity"
    picture = {"mimeType": "image/png", "data": base64.urlsafe_b64encode(b"\x89PNG").decode()}
    url_safe = SIGNATURE.replace("+", "-").replace("/", "_")
    assert vendor.sent() == {
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief.\n\nBe kind."}]},
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "What is "},
                    {"text": "this?"},
                    {"inlineData": picture},
                    {"fileData": {"fileUri": "https://host/x.pdf", "mimeType": "application/pdf"}},
                ],
            },
            {
                "role": "model",
                "parts": [
                    {"text": "I'll look.", "thoughtSignature": url_safe},
                    {"functionCall": {"id": "c1", "name": "look", "args": {"x": 1}}, "thoughtSignature": url_safe},
                    {"functionCall": {"id": "c2", "name": "look", "args": {}}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "c1", "name": "look", "response": {"output": "a cat"}}},
                    {"functionResponse": {"id": "c2", "name": "look", "response": {"error": "too dark"}}},
                ],
            },
            {"role": "user", "parts": [{"text": "Thanks."}]},
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "look", "description": "Looks.", "parametersJsonSchema": LOOK.schema},
                    {"name": "stop"},
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
        "generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
    }


async def test_parameters_go_by_the_vendors_names_and_unknown_ones_stay_here(google: Make, vendor: Vendor) -> None:
    parameters = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "max_tokens": 16,
        "stop": "END",
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "logprobs": True,
        "top_logprobs": 2,
        "user": "ada",
        "n": None,
        "http_options": {"base_url": "http://127.0.0.1:9"},
        "cached_content": "theirs",
    }
    await google().generate(evolve(HELLO, parameters=parameters))
    assert vendor.sent(0)["generationConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "maxOutputTokens": 16,
        "stopSequences": ["END"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 2,
    }
    assert vendor.sent(0).keys() == {"contents", "generationConfig"}


@pytest.mark.parametrize(
    ("name", "option", "effort", "sent"),
    [
        ("gemini-2.5-flash", {"thinking_budget": 128, "include_thoughts": True}, None, (128, True, None)),
        ("gemini-2.5-flash", {"thinking_budget": 128}, "low", (1024, None, None)),
        ("gemini-3-pro", {"include_thoughts": True}, "high", (None, True, "HIGH")),
        ("gemini-flash-latest", {}, "none", (0, None, None)),
        ("gemini-3-pro", {"thinking_level": "low"}, "unheard of", (None, None, "LOW")),
    ],
)
async def test_thinking_is_set_by_option_and_by_parameter(
    google: Make, vendor: Vendor, name: str, option: dict[str, Any], effort: str | None, sent: tuple[Any, ...]
) -> None:
    provider = google(model_name=name, options={"thinking": option})
    await provider.generate(evolve(HELLO, parameters={"reasoning_effort": effort}))
    thinking = vendor.sent(0)["generationConfig"]["thinkingConfig"]
    got = tuple(thinking.get(field) for field in ("thinkingBudget", "includeThoughts", "thinkingLevel"))
    assert got == sent


async def test_safety_is_set_by_option(google: Make, vendor: Vendor) -> None:
    await google(options={"safety": {"harassment": "BLOCK_NONE"}}).generate(HELLO)
    assert vendor.sent(0)["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]


@pytest.mark.parametrize(
    ("choice", "calling"), [("auto", {"mode": "AUTO"}), ("none", {"mode": "NONE"}), ("required", {"mode": "ANY"})]
)
async def test_tool_choices(google: Make, vendor: Vendor, choice: str, calling: dict[str, Any]) -> None:
    await google().generate(evolve(HELLO, tools=(LOOK,), tool_choice=choice))
    assert vendor.sent(0)["toolConfig"] == {"functionCallingConfig": calling}


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        (Prompt(messages=()), "no messages"),
        (evolve(HELLO, parameters={"temperature": "warm"}), "does not fit the Gemini API: temperature"),
        (Prompt(messages=(Message("assistant", [ToolCall(id="c", name="look", arguments="[1")]),)), "'look' are not a"),
        (
            Prompt(messages=(Message("assistant", [Opaque(provider="google", data={"call": "c"})]),)),
            "was changed on the way",
        ),
    ],
)
async def test_what_cannot_be_sent_is_refused(google: Make, vendor: Vendor, prompt: Prompt, why: str) -> None:
    with pytest.raises(ProviderReplyError, match=why):
        await google().generate(prompt)
    assert vendor.connections == 0


async def test_a_lone_system_message_is_asked(google: Make, vendor: Vendor) -> None:
    await google().generate(Prompt(messages=(Message("system", "Greet."),)))
    assert vendor.sent(0)["contents"] == [{"role": "user", "parts": [{"text": "Greet."}]}]


@pytest.mark.parametrize("streams", [False, True])
async def test_a_tool_call_makes_the_round_trip(google: Make, vendor: Vendor, streams: bool) -> None:
    thought = {"text": "Where is it?", "thought": True}
    first, second = called("look", {"x": 1}, SIGNATURE, id="theirs"), called("look", {"x": "é"})
    whole = answer(said(thought, "Let me see.", first, second))
    pieces = streamed([said(thought, finish=None), said("Let me see.", first, finish=None), said(second)])
    vendor.will(pieces if streams else whole)
    provider = google()
    asked = evolve(HELLO, tools=(LOOK,))
    if streams:
        reply = Reply.from_chunks([chunk async for chunk in provider.stream(asked)])
    else:
        reply = await provider.generate(asked)
    assert (reply.text, reply.reasoning, reply.finish) == ("Let me see.", "Where is it?", "tool_calls")
    one, other = reply.tool_calls
    assert one == ToolCall(id="theirs", name="look", arguments='{"x": 1}')
    assert other.arguments == '{"x": "é"}'
    assert other.id.startswith("call_"), "a call without an id gets one"
    assert reply.opaque == (Opaque(provider="google", model=NAME, data={"call": "theirs", "signature": SIGNATURE}),)

    results = Message("tool", [ToolResult(call_id=call.id, content="a cat") for call in reply.tool_calls])
    await provider.generate(evolve(asked, messages=(*asked.messages, reply.message, results)))
    _, turn, back = vendor.sent()["contents"]
    assert turn["role"] == "model"
    text, call, further = turn["parts"]
    assert text == {"text": "Let me see."}
    assert call["thoughtSignature"] == SIGNATURE.replace("+", "-").replace("/", "_")
    assert "thoughtSignature" not in further
    assert further["functionCall"]["id"] == other.id == back["parts"][1]["functionResponse"]["id"]
    assert {part["functionResponse"]["name"] for part in back["parts"]} == {"look"}


@pytest.mark.parametrize("streams", [False, True])
async def test_one_attempt_is_one_request(
    google: Make, vendor: Vendor, caplog: pytest.LogCaptureFixture, streams: bool
) -> None:
    """The SDK would ask for the rest by itself, and is ready to call tools by itself, as it says in its log."""
    caplog.set_level("INFO", "google_genai")
    body = said("Hel", finish="CONTINUATION")
    body["candidates"][0]["continuationToken"] = SIGNATURE
    vendor.will(streamed([body]) if streams else answer(body))
    provider = google()
    if streams:
        reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    else:
        reply = await provider.generate(HELLO)
    assert (reply.text, reply.finish) == ("Hel", "length")
    assert len(vendor.requests) == 1
    assert "AFC is enabled" not in caplog.text


@pytest.mark.parametrize(
    ("name", "signed"), [("gemini-3-pro", True), ("gemini-pro-latest", True), (NAME, False), ("gemma-3", False)]
)
async def test_another_models_call_is_marked_where_a_signature_is_asked_for(
    google: Make, vendor: Vendor, name: str, signed: bool
) -> None:
    calls = [ToolCall(id=f"c{number}", name="look") for number in range(2)]
    results = Message("tool", [ToolResult(call_id=call.id, content="a cat") for call in calls])
    await google(model_name=name).generate(Prompt(messages=(*HELLO.messages, Message("assistant", calls), results)))
    first, second = vendor.sent(0)["contents"][1]["parts"]
    assert first.get("thoughtSignature") == ("skip_thought_signature_validator" if signed else None)
    assert "thoughtSignature" not in second


async def test_a_signature_that_comes_without_text_goes_back_on_the_text(google: Make, vendor: Vendor) -> None:
    late = {"text": "", "thoughtSignature": SIGNATURE}
    vendor.will(streamed([said("Hello ", finish=None), said("Ada.", finish=None), said(late)]))
    provider = google()
    reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert reply.text == "Hello Ada."
    await provider.generate(Prompt(messages=(*HELLO.messages, reply.message, Message("user", "More."))))
    (part,) = vendor.sent()["contents"][1]["parts"]
    assert part["text"] == "Hello Ada."
    assert part["thoughtSignature"]


async def test_a_tools_picture_comes_after_all_results(google: Make, vendor: Vendor) -> None:
    picture = Media(media_type="image/png", data=b"\x89PNG")
    calls = [ToolCall(id=f"c{number}", name="look") for number in range(2)]
    results = [ToolResult(call_id=call.id, content="see", media=(picture,)) for call in calls]
    messages = (*HELLO.messages, Message("assistant", calls), Message("tool", results))
    await google().generate(Prompt(messages=messages))
    kinds = [next(iter(part)) for part in vendor.sent(0)["contents"][-1]["parts"]]
    assert kinds == ["functionResponse", "functionResponse", "inlineData", "inlineData"]


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
    assert reply.usage == Usage(input_tokens=5, output_tokens=3, estimated=True)


async def test_a_schema_binds_a_stream_too(google: Make, vendor: Vendor) -> None:
    vendor.will(streamed([said('{"n"', finish=None), said(": 1}")]))
    prompt = evolve(HELLO, response_schema={"type": "object", "properties": {"n": {"type": "integer"}}})
    reply = Reply.from_chunks([chunk async for chunk in google().stream(prompt)])
    assert reply.text == '{"n": 1}'
    assert vendor.sent(0)["generationConfig"]["responseJsonSchema"] == prompt.response_schema


async def test_every_letter_comes_through(google: Make, vendor: Vendor) -> None:
    text = "a\u2028b\u0085c\x0bd é 漢 🙂 \r\n"
    vendor.will(answer(said(text)), streamed([said(text, finish=None), said("")]))
    provider = google()
    prompt = Prompt.of(text)
    assert (await provider.generate(prompt)).text == text
    assert "".join([chunk.text async for chunk in provider.stream(prompt)]) == text
    assert {vendor.sent(number)["contents"][0]["parts"][0]["text"] for number in range(2)} == {text}
