"""The google provider sends and reads every part of the Gemini API."""

import base64
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
    Text,
    Tool,
    ToolCall,
    ToolResult,
    TraceContext,
)
from gemini_dialect import NAME, Make, Vendor

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))
LOOK = Tool(name="look", description="Looks.", schema={"type": "object", "properties": {"x": {"type": "integer"}}})
SIGNATURE = base64.b64encode(b"\xfb\xef thought").decode()


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
        ("endpoint", "https://[::1", "is not a usable address"),
        ("endpoint", "https://host:99999", "is not a usable address"),
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
    with pytest.raises(ProviderReplyError, match=why) as caught:
        await google().generate(prompt)
    assert caught.value.refused
    assert vendor.connections == 0


async def test_a_lone_system_message_is_asked(google: Make, vendor: Vendor) -> None:
    await google().generate(Prompt(messages=(Message("system", "Greet."),)))
    assert vendor.sent(0)["contents"] == [{"role": "user", "parts": [{"text": "Greet."}]}]
