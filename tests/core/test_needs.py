"""What a task needs of a model, as its own parts tell: eyes, tools, room, and the tags that its caller asks for."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Task
from aurarouter_core.decide import decide
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import Decision, Media, Message, Text, Tool, ToolResult

Configure = Callable[..., Config]
PICTURE = Media(media_type="Image/PNG", data=b"x")
SEEN = {
    "beside the words": Task(messages=[Message("user", [Text("what is this?"), PICTURE])]),
    "before the question": Task("and now?", messages=[Message("user", [PICTURE]), Message("assistant", "a cat")]),
    "from a tool": Task("?", messages=[Message("tool", [ToolResult(call_id="1", content="", media=(PICTURE,))])]),
    "somewhere else": Task("?", messages=[Message("user", [Media(media_type="image/gif", url="https://x.test/a")])]),
}


def settled(task: Task, config: Config, plugins: Plugins) -> Decision:
    return decide(task, Snapshot.of(config, plugins), {})


@pytest.mark.parametrize("task", SEEN.values(), ids=SEEN)
def test_a_picture_needs_eyes_wherever_it_stands(task: Task, configure: Configure, plugins: Plugins) -> None:
    config = configure(
        blind={"provider": "remote", "capabilities": ["tools"]}, eyes={"provider": "remote", "capabilities": ["vision"]}
    )
    decision = settled(task, config, plugins)
    assert decision.chain == ("eyes",)
    assert decision.vetoes == {"blind": "it can't do vision"}


def test_tags_that_are_asked_for_rule_out_models_without_them(configure: Configure, plugins: Plugins) -> None:
    config = configure(
        plain={"provider": "remote"},
        quick={"provider": "remote", "tags": ["fast"]},
        both={"provider": "remote", "tags": ["fast", "eu"]},
    )
    decision = settled(Task("x", tags=["fast", "eu"]), config, plugins)
    assert decision.chain == ("both",)
    assert decision.vetoes == {"plain": "it lacks the tag eu, fast", "quick": "it lacks the tag eu"}
    assert "tags asked for: eu, fast" in decision.constraint.reasons
    assert settled(Task("x", tags=["nowhere"]), config, plugins).chain == ()


MUCH = "x1_" * 1500
LONG = {
    "other letters": Task("限速" * 1000),
    "a tool's schema": Task("?", tools=[Tool(name="f", schema={"properties": {MUCH: {"type": "string"}}})]),
    "a schema of the answer": Task("?", response_schema={"enum": [MUCH]}),
    "a tool's result": Task("?", messages=[Message("tool", [ToolResult(call_id="1", content=MUCH)])]),
    "material": Task("?", context=MUCH),
    "a picture": SEEN["beside the words"],
    "a file of text": Task("?", messages=[Message("user", [Media(media_type="text/csv", data=MUCH.encode())])]),
    "a long answer": Task("?", parameters={"max_completion_tokens": 4000}),
}


@pytest.mark.parametrize("task", LONG.values(), ids=LONG)
def test_whatever_is_long_needs_room(task: Task, configure: Configure, plugins: Plugins) -> None:
    small: dict[str, Any] = {"provider": "remote", "context_length": 4000}
    config = configure(small=small, large={"provider": "remote", "context_length": 100_000})
    assert settled(task, config, plugins).chain == ("large",)
    assert settled(Task("?"), config, plugins).chain == ("small", "large")
