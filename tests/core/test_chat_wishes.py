"""What somebody asked for holds for all that a conversation does about it: limits when it is condensed, reviews."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from actors import Cast, actor
from aurarouter_core import Config, Home, Plugins, Router, Task
from aurarouter_core.chat import Chat, Conversations
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Delta, NodeStarted

GOOD = '{"approved": true, "problems": []}'


@pytest.fixture
def kept() -> Conversations:
    return Conversations(Home.of().conversations)


def configured(roles: dict[str, Any], **models: Any) -> Config:
    return build(Layers.of({"models": models, "roles": roles, "system": {"retries": 0}}, {}))


async def said(chat: Chat, task: Task) -> None:
    async with aclosing(chat.say(task)) as events:
        async for _ in events:
            pass


@pytest.mark.parametrize("wish", [{"here": True}, {"tags": {"eu"}}, {"private": True}])
async def test_limits_of_the_task_hold_when_room_is_made_for_it(kept: Conversations, wish: dict[str, Any]) -> None:
    cast = Cast(lambda *_: "w" * 400)
    config = configured(
        {"coding": ["near"], "summarization": ["far"]},
        near=actor(here=True, tags=["eu"], context_length=500),
        far=actor(context_length=5000),
    )
    async with Router(config, Plugins(discover=False, extra=[cast.plugin])) as router:
        chat = Chat(router, kept, kept.begin())
        for number in range(4):
            await said(chat, Task(f"question {number}", role="coding"))
        chat.wish(model="near", role=None)
        (condensed,) = [one async for one in chat.make_room(Task("one more", **wish))]
    assert condensed.problem
    assert {model for model, *_ in cast.sent} == {"near"}


@pytest.fixture
def reviewed(kept: Conversations) -> Callable[[], tuple[Cast, Config]]:
    def make() -> tuple[Cast, Config]:
        cast = Cast(lambda kind, *_: GOOD if kind == "review" else "bread")
        return cast, configured({"coding": ["baker"], "reviewer": ["critic"]}, baker=actor(), critic=actor())

    return make


async def test_who_answered_is_named_and_not_who_reviewed_it(
    kept: Conversations, reviewed: Callable[[], tuple[Cast, Config]]
) -> None:
    cast, config = reviewed()
    async with Router(config, Plugins(discover=False, extra=[cast.plugin])) as router:
        chat = Chat(router, kept, kept.begin())
        await said(chat, Task("Bake", review=True))
    _, answer = kept.entries(chat.conversation.id)
    assert (answer.text, answer.model) == ("bread", "baker")


async def test_an_answer_that_is_interrupted_in_its_review_is_kept(
    kept: Conversations, reviewed: Callable[[], tuple[Cast, Config]]
) -> None:
    cast, config = reviewed()
    shown = ""
    async with Router(config, Plugins(discover=False, extra=[cast.plugin])) as router:
        chat = Chat(router, kept, kept.begin())
        async with aclosing(chat.say(Task("Bake", review=True))) as events:
            reviewing = False
            async for event in events:
                shown += event.chunk.text if isinstance(event, Delta) else ""
                if reviewing and type(event).__name__ == "AttemptDone":
                    break
                reviewing = reviewing or (isinstance(event, NodeStarted) and event.node.kind == "review")
    entries = kept.entries(chat.conversation.id)
    assert shown == "bread"
    assert [entry.text for entry in entries] == ["Bake", "bread"]
