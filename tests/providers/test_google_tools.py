"""Tools and what belongs to them, to a Gemini model and back: calls, results, pictures, signatures."""

import base64
from typing import Any

import pytest
from attrs import evolve

from aurarouter_hooks import (
    Media,
    Message,
    Opaque,
    Prompt,
    Reply,
    Tool,
    ToolCall,
    ToolResult,
)
from faults import answer
from gemini_dialect import NAME, Make, Vendor, called, said, streamed

HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))
LOOK = Tool(name="look", description="Looks.", schema={"type": "object", "properties": {"x": {"type": "integer"}}})
SIGNATURE = base64.b64encode(b"\xfb\xef thought").decode()


@pytest.mark.parametrize(
    ("choice", "calling"), [("auto", {"mode": "AUTO"}), ("none", {"mode": "NONE"}), ("required", {"mode": "ANY"})]
)
async def test_tool_choices(google: Make, vendor: Vendor, choice: str, calling: dict[str, Any]) -> None:
    await google().generate(evolve(HELLO, tools=(LOOK,), tool_choice=choice))
    assert vendor.sent(0)["toolConfig"] == {"functionCallingConfig": calling}


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
