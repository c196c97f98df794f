"""A conversation keeps what was said, stays private, and loses nothing when it is condensed or interrupted."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from aurarouter_core import Config, Home, Plugins, Router, Task
from aurarouter_core.chat import Chat, Conversations
from aurarouter_hooks import (
    AllModelsFailedError,
    AuraRouterError,
    Chunk,
    Delta,
    Location,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
    Usage,
)


class Talker(Provider):
    """Answers with the next of `options: {says: […]}`: a text, an exception, or a function to await first."""

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        self.model.options.get("seen", []).append(prompt)
        says = self.model.options["says"]
        said = says.pop(0) if says else "fine"
        if isinstance(said, BaseException):
            raise said
        if callable(said):
            yield Chunk(text="half an ")
            await said()
        yield Chunk(text=said if isinstance(said, str) else "answer")
        yield Chunk(finish="stop", usage=self.model.options.get("usage"))

    async def where(self) -> Location:
        return Location(kind=self.model.options.get("place", "process"))


@pytest.fixture
def talkers(make_plugin: Callable[..., object]) -> Plugins:
    talker = make_plugin("talker", register_providers=lambda: {"talker": Talker})
    return Plugins(discover=False, extra=[talker])


@pytest.fixture
def plugins(talkers: Plugins) -> Plugins:
    """What `configure` knows."""
    return talkers


def model(*says: Any, **more: Any) -> dict[str, Any]:
    options = {"says": list(says), "seen": more.pop("seen", []), **more.pop("options", {})}
    return {"provider": "talker", "options": options, **more}


@pytest.fixture
def kept() -> Conversations:
    return Conversations(Home.of().conversations)


async def said(chat: Chat, text: str, **wishes: Any) -> str:
    words = ""
    async with aclosing(chat.say(Task(text, **wishes))) as events:
        async for event in events:
            words += event.chunk.text if isinstance(event, Delta) else ""
    return words


def told(prompt: Prompt) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in prompt.messages]


async def test_what_was_said_is_sent_again_and_kept(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    seen: list[Prompt] = []
    config = configure(a=model("hello Ada", "a cod", seen=seen))
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        assert await said(chat, "I am Ada\nand a diver") == "hello Ada"
        assert await said(chat, "what is this?", context="a photo's words") == "a cod"
        trace = router.store
    assert told(seen[1])[:2] == [("user", "I am Ada\nand a diver"), ("assistant", "hello Ada")]
    (one,) = kept.latest()
    assert (one.title, one.private) == ("I am Ada", False)
    entries = kept.entries(one.id)
    assert [(entry.number, entry.role, entry.model, entry.complete) for entry in entries] == [
        (1, "user", "", True),
        (2, "assistant", "a", True),
        (3, "user", "", True),
        (4, "assistant", "a", True),
    ]
    assert "a photo's words" in entries[2].text
    assert trace.find(entries[3].trace_id)[0]["conversation"] == one.id
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    kept.delete(one.id)
    assert (kept.latest(), kept.entries(one.id)) == ([], [])


async def test_it_goes_on_in_another_program(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    seen: list[Prompt] = []
    for number in range(3):
        async with Router(configure(a=model(f"answer {number}", seen=seen)), plugins) as router:
            one = kept.latest(1)[0] if number else kept.begin()
            await said(Chat(router, kept, one), f"question {number}")
    assert len(told(seen[2])) == 5
    assert len(kept.latest()) == 1


async def test_a_question_without_an_answer_is_kept_and_not_sent_again(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    seen: list[Prompt] = []
    config = configure(a=model(*[ProviderUnavailableError("down")] * 8, seen=seen), system={})
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        with pytest.raises(AllModelsFailedError):
            await said(chat, "first")
        entries = kept.entries(chat.conversation.id)
    assert [(entry.text, entry.complete) for entry in entries] == [("first", False)]
    async with Router(configure(a=model("now", seen=seen)), plugins, home=Home(kept.path.parent / "other")) as router:
        chat = Chat(router, kept, chat.conversation)
        assert await said(chat, "second") == "now"
    assert told(seen[-1]) == [("user", "second")]


@pytest.mark.parametrize("how", ["cancelled", "closed"])
async def test_half_an_answer_is_kept_and_marked(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations, how: str
) -> None:
    seen: list[Prompt] = []
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.sleep(60)

    async with Router(configure(a=model(hang, "whole", seen=seen)), plugins) as router:
        chat = Chat(router, kept, kept.begin())
        if how == "cancelled":
            task = asyncio.create_task(said(chat, "go"))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            async with aclosing(chat.say(Task("go"))) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        break
        question, answer = kept.entries(chat.conversation.id)
        assert (answer.text, answer.complete, answer.model) == ("half an ", False, "a")
        assert question.complete
        assert await said(chat, "go on") == "whole"
    assert told(seen[1]) == [("user", "go"), ("assistant", "half an "), ("user", "go on")]


async def test_what_was_private_once_stays_private(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    away, here = model("away", options={"place": "remote"}), model("here", "here again")
    config = configure(away=away, here=here)
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        assert await said(chat, "hello") == "away"
        assert await said(chat, "my secret", private=True) == "here"
        assert await said(Chat(router, kept, kept.latest()[0]), "and now?") == "here again"
        with pytest.raises(AuraRouterError):
            await said(chat, "tell them", model="away")
    (one,) = kept.latest()
    assert one.private
    kept.save(type(one)(id=one.id, private=False))
    assert kept.latest()[0].private


async def test_condensing_loses_nothing_and_makes_room(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    seen: list[Prompt] = []
    config = configure(
        roles={"coding": ["a"], "summarization": ["s"]},
        a=model(*["w" * 400] * 4, "last", context_length=500),
        s=model("They spoke.", seen=seen),
    )
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        for number in range(4):
            await said(chat, f"question {number}")
        task = Task("one more")
        assert (await chat.pressure(task)).too_high
        assert [(one.entries, one.problem) async for one in chat.make_room(task)] == [(4, "")]
        assert not (await chat.pressure(task)).too_high
        assert await said(chat, "one more") == "last"
        everything = kept.entries(chat.conversation.id)
    assert "question 0" in seen[0].text
    assert [entry.condensed for entry in everything] == [9, 9, 9, 9, None, None, None, None, None, None, None]
    assert [entry.text for entry in everything if entry.kind == "summary"] == ["They spoke."]
    assert sum("question" in entry.text for entry in everything) == 4
    sent = config.models["a"].options["seen"][-1]
    assert told(sent)[0][0] == "system"
    assert "They spoke." in told(sent)[0][1]
    assert [text for _, text in told(sent)][1::2] == ["question 2", "question 3", "one more"]


@pytest.mark.parametrize(
    ("summary", "problem"),
    [
        (ProviderUnavailableError("no"), "every model failed"),
        (" ", "empty"),
        ("w" * 9000, "no shorter"),
    ],
)
async def test_a_failed_summary_changes_nothing_and_is_told(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations, summary: Any, problem: str
) -> None:
    config = configure(
        roles={"coding": ["a"], "summarization": ["s"]},
        a=model(*["w" * 400] * 4, context_length=500),
        s=model(*[summary] * 9),
    )
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        for number in range(4):
            await said(chat, f"question {number}")
        before = kept.entries(chat.conversation.id)
        (condensed,) = [one async for one in chat.make_room(Task("one more"))]
    assert condensed.entries == 0
    assert problem in condensed.problem
    assert kept.entries(chat.conversation.id) == before


async def test_cancelling_a_summary_changes_nothing(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.sleep(60)

    config = configure(roles={"coding": ["a"], "summarization": ["s"]}, a=model("w" * 400, "w" * 400), s=model(hang))
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        for number in range(2):
            await said(chat, f"question {number}")
        before = kept.entries(chat.conversation.id)
        task = asyncio.create_task(chat.condense())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert kept.entries(chat.conversation.id) == before


async def test_a_private_conversation_is_condensed_by_cleared_models_alone(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    seen: list[Prompt] = []
    config = configure(
        roles={"coding": ["a"], "summarization": ["away"]},
        a=model("w" * 400, "w" * 400),
        away=model("They spoke.", seen=seen, options={"place": "remote"}),
    )
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin(private=True))
        for number in range(2):
            await said(chat, f"question {number}")
        condensed = await chat.condense()
    assert "the content is private" in condensed.problem
    assert seen == []


async def test_counted_tokens_are_used_where_the_backend_counts(
    plugins: Plugins, configure: Callable[..., Config], kept: Conversations
) -> None:
    usage = Usage(input_tokens=70, output_tokens=15)
    config = configure(a=model("w" * 4000, options={"usage": usage}, context_length=100))
    async with Router(config, plugins) as router:
        chat = Chat(router, kept, kept.begin())
        await said(chat, "hello")
        found = await chat.pressure()
    assert (found.tokens, found.limit, found.estimated, found.high) == (85, 100, False, True)


def test_a_file_of_another_form_is_one_clear_error(kept: Conversations) -> None:
    kept.path.write_bytes(b"no database" * 1000)
    with pytest.raises(AuraRouterError, match="can't be read"):
        kept.latest()
    with pytest.raises(AuraRouterError, match="can't be kept"):
        kept.save(kept.begin())
