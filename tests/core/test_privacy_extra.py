"""What a caller's dialect says beside messages, parts and tools is looked through, replaced, and kept from others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import asdict

from aurarouter_core.detector import Detector
from aurarouter_core.inspection import Inspector
from aurarouter_core.privacy_settings import Privacy
from aurarouter_core.prompts import prompt_for
from aurarouter_core.redaction import redacted
from aurarouter_hooks import Media, Message, Model, Opaque, Prompt, Task, Text, Tool, ToolCall, ToolResult

CARD = "4539148803436467"
SAID = {"note": {"card": CARD}}
CALL, RESULT = ToolCall(id="1", name="f", extra=SAID), ToolResult(call_id="1", content="x", extra=SAID)
PICTURE = Media(media_type="image/png", data=b"x", extra=SAID)
MESSAGES: Mapping[str, Message] = {
    "message": Message("user", "x", extra=SAID),
    "text": Message("user", [Text("x", extra=SAID)]),
    "two texts": Message("user", [Text("x", extra=SAID), Text("y", extra={"other": 1})]),
    "picture": Message("user", [PICTURE]),
    "call": Message("assistant", [CALL]),
    "result": Message("tool", [RESULT]),
    "picture of a result": Message("tool", [ToolResult(call_id="1", content="x", media=(PICTURE,))]),
}
PROMPTS = {name: Prompt(messages=(message,), dialect="openai") for name, message in MESSAGES.items()}
PROMPTS["tool"] = Prompt(messages=(Message("user", "x"),), tools=(Tool(name="f", extra=SAID),), dialect="openai")


def inspector(action: str) -> Inspector:
    return Inspector(Detector(Privacy(rules={"card": action, "unreadable": "allow"})))


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_private_data_is_found(prompt: Prompt) -> None:
    task = Task(messages=prompt.messages, tools=prompt.tools)
    assert inspector("reroute").task(task).counts == {"card": 1}
    assert inspector("reroute").prompt(prompt).counts == {"card": 1}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_private_data_is_replaced(prompt: Prompt) -> None:
    made = redacted(prompt, inspector("redact"))
    assert made.values == {"[card-1]": CARD}
    assert "'card': '[card-1]'" in _shown(made.prompt)
    assert CARD not in _shown(made.prompt)


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_another_dialect_is_not_told(prompt: Prompt) -> None:
    assert prompt.in_dialect("openai") is prompt
    assert "note" not in _shown(prompt.in_dialect("anthropic"))


def test_it_stays_when_the_parts_of_another_provider_go() -> None:
    message = Message("assistant", [Opaque(provider="other", data=1), CALL], extra={"name": "Ada"})
    sent = prompt_for(Task(messages=[message]), Model(id="m", provider="openapi"))
    assert sent.messages == (Message("assistant", [CALL], extra={"name": "Ada"}),)


def _shown(prompt: Prompt) -> str:
    """All of it, with what `repr` leaves out."""
    return str(asdict(prompt))
