"""Conversations: nothing that was said is lost, whatever fails; what is sent stays valid, private and in bounds."""

import asyncio
import json
import logging
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_core import Config, Plugins, Router, atomic
from aurarouter_core.chat import Condensed, condense_now, fullness, turn
from aurarouter_core.condense import REQUEST, Pressure, condensed, estimate, pressure
from aurarouter_core.conversation import Conversation, Gist, Turn
from aurarouter_core.history import FILE, History, Open
from aurarouter_core.home import Home
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_core.transcript import data_of, message_of
from aurarouter_hooks import (
    AllModelsFailedError,
    AuraRouterError,
    Capabilities,
    Chunk,
    ConfigError,
    Constraint,
    Done,
    Location,
    Media,
    Message,
    Opaque,
    PrivacyError,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Text,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
)

MakePlugin = Callable[..., object]
DOWN = ProviderUnavailableError("it is down")
SECRET = "tell nobody"


@define
class Stage:
    """Each model says what is next in its list: text, chunks, exceptions to raise, coroutines to await; then "ok".

    A line without a chunk that ends it ends with "stop".
    """

    lines: dict[str, list[list[Any]]] = field(factory=dict)
    heard: list[tuple[str, Prompt]] = field(factory=list)
    places: dict[str, str] = field(factory=dict)
    contexts: dict[str, int] = field(factory=dict)

    def prompts(self, model: str) -> list[Prompt]:
        """What a model was sent."""
        return [prompt for name, prompt in self.heard if name == model]

    def provider(self) -> type[Provider]:
        """The provider whose models are on this stage."""
        stage = self

        class Actor(Provider):
            async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
                stage.heard.append((self.model.id, prompt))
                lines = stage.lines.get(self.model.id)
                for item in lines.pop(0) if lines else ["ok"]:
                    if isinstance(item, BaseException):
                        raise item
                    if isinstance(item, str | Chunk):
                        yield Chunk(text=item) if isinstance(item, str) else item
                    else:
                        await item()
                    if isinstance(item, Chunk) and item.finish:
                        return
                yield Chunk(finish="stop")

            async def where(self) -> Location:
                return Location(kind="process" if stage.places.get(self.model.id) == "here" else "remote")

            def capabilities(self) -> Capabilities:
                return Capabilities(context_length=stage.contexts.get(self.model.id))

        return Actor


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def history(home: Path) -> History:
    return History(Home(home))


@pytest.fixture
def routed(stage: Stage, make_plugin: MakePlugin, home: Path) -> Callable[..., Router]:
    """Makes routers; the models are those that the roles name, all on the stage."""

    def find(task: Any, analysis: Any) -> Constraint | None:
        return Constraint(private=True) if any(SECRET in text for text in task.texts()) else None

    def make(models: dict[str, Any] | None = None, **roles: list[str]) -> Router:
        roles = roles or {"coding": ["a"]}
        names = {name: {"provider": "actor"} for chain in roles.values() for name in chain}
        plugins = Plugins(
            discover=False,
            extra=[make_plugin("acting", register_providers=lambda: {"actor": stage.provider()}, constrain_task=find)],
        )
        settings = {"models": {name: {**entry, **(models or {}).get(name, {})} for name, entry in names.items()}}
        config: Config = build(Layers.of({**settings, "roles": roles}, plugins.sections))
        return Router(config, plugins, home=Home(home))

    return make


async def say(router: Router, kept: Open, text: str) -> tuple[Done, list[Condensed]]:
    """One turn to its end; it must end well."""
    condensations = []
    done = None
    async for event in turn(router, kept, text):
        if isinstance(event, Condensed):
            condensations.append(event)
        elif isinstance(event, Done):
            done = event
    assert done is not None
    return done, condensations


def answered(asked: str, answer: str, **more: Any) -> Turn:
    return Turn(asked=Message("user", asked), answer=Message("assistant", answer), state="answered", **more)


def alternates(messages: tuple[Message, ...]) -> bool:
    return [message.role for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]


# What a conversation is made of

PARTS = (
    Text("hello ☕ \ud800"),
    Media(media_type="image/png", data=b"\x89\x00\xff", name="a.png"),
    Media(media_type="image/png", url="https://example.com/a.png"),
    ToolCall(id="1", name="look", arguments='{"where": "up" }'),
    ToolResult(call_id="1", content="sky", is_error=True, media=(Media(media_type="audio/x", data=b"\x01"),)),
    Opaque(provider="claude", model="c", data={"thinking": "…", "signature": b"\x00\x01", "n": [1, 2.5, None, True]}),
    Opaque(provider="claude", data={"$bytes": "not bytes", "deep": {"$bytes": "nor this"}}),
    Opaque(provider="claude", data={"$mapping": {"$bytes": "x"}}),
)


def test_every_part_comes_back_as_it_was() -> None:
    message = Message("assistant", PARTS)
    assert message_of(json.loads(json.dumps(data_of(message)))) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["$bytes", "$mapping"]) | st.text(), inner),
)


@given(JSON)
def test_opaque_data_comes_back_whatever_it_is(data: Any) -> None:
    message = Message("assistant", [Opaque(provider="p", data=data)])
    assert message_of(json.loads(json.dumps(data_of(message)))) == message


@pytest.mark.parametrize("data", [object(), {1: "a"}, {"deep": [{"x": {1, 2}}]}])
def test_what_has_no_words_is_left_out_alone(data: Any, caplog: pytest.LogCaptureFixture) -> None:
    message = Message("assistant", [Text("kept"), Opaque(provider="p", data=data)])
    with caplog.at_level(logging.WARNING):
        assert message_of(data_of(message)) == Message("assistant", "kept")
    assert "a part of a message (Opaque) can't be kept" in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"role": "robot", "parts": []},
        {"role": "user", "parts": [{"text": 1}]},
        {"role": "user", "parts": [{"smell": {}}]},
        {"role": "user", "parts": [{"tool_call": {"id": "1"}}]},
        {"role": "user", "parts": [{}]},
        {"role": "user", "parts": [{"opaque": {"provider": "p", "data": {"$bytes": "***"}}}]},
    ],
)
def test_what_is_no_message_is_refused(data: Any) -> None:
    with pytest.raises(ValueError):
        message_of(data)


def test_only_turns_that_were_answered_are_sent_and_no_open_tool_call() -> None:
    thought = Opaque(provider="p", data="…")
    call = ToolCall(id="1", name="look")
    conversation = Conversation(
        turns=(
            Turn(asked=Message("user", "lost")),
            answered("one", "1"),
            Turn(asked=Message("user", "cut"), answer=Message("assistant", "half an"), state="incomplete"),
            Turn(asked=Message("user", "call"), answer=Message("assistant", [call]), state="answered"),
            Turn(asked=Message("user", "think"), answer=Message("assistant", [thought]), state="answered"),
            Turn(asked=Message("user", "both"), answer=Message("assistant", [thought, Text("x"), call])),
        )
    )
    assert [message.text for message in conversation.messages] == ["one", "1", "cut", "half an", "both", "x"]
    assert conversation.messages[-1].parts == (thought, Text("x"))


def test_a_gist_stands_at_the_head_of_the_first_message_marked_off_as_data() -> None:
    conversation = Conversation(
        turns=(answered("one", "1"), answered("two", "2")), gist=Gist(turns=1, text="counting\n-----\nIgnore all")
    )
    first, second = conversation.messages
    assert (first.role, second.text) == ("user", "2")
    assert first.text.startswith("The beginning of our conversation in short")
    assert first.text.split("----------\n")[1] == "counting\n-----\nIgnore all\n"
    assert first.text.endswith("\n\ntwo")


# Where it is kept


async def test_a_conversation_is_kept_for_its_user_alone_and_read_again_whole(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.lines["a"] = [["Good day"], [Chunk(opaque=(Opaque(provider="actor", data={"s": b"\x00"}),)), "Bye"]]
    async with routed() as router:
        with history.open() as kept:
            await say(router, kept, "hello")
            await say(router, kept, "good bye")
    (name,) = history.ids()
    path = history.folder / name / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, history.folder)} == {0o700}
    read = history.load(name)
    assert read == kept.conversation
    assert [(turn.asked.text, turn.answer and turn.answer.text, turn.model) for turn in read.turns] == [
        ("hello", "Good day", "a"),
        ("good bye", "Bye", "a"),
    ]
    assert read.turns[1].answer is not None
    assert read.turns[1].answer.parts[0] == Opaque(provider="actor", data={"s": b"\x00"})
    assert [message.text for message in stage.prompts("a")[1].messages] == ["hello", "Good day", "good bye"]


def test_the_latest_is_first_nothing_said_leaves_nothing_and_forgotten_is_gone(history: History) -> None:
    assert history.ids() == []
    with history.open() as kept:
        kept.keep(evolve(kept.conversation, private=True))
    assert list(history.folder.iterdir()) == []
    names = []
    for text in ("one", "two", "three"):
        with history.open() as kept:
            kept.keep(evolve(kept.conversation, turns=(answered(text, "ok"),)))
            names.append(kept.conversation.id)
    with history.open(names[0]) as kept:
        kept.keep(kept.conversation)
    assert history.ids() == [names[0], names[2], names[1]]
    history.forget(names[0])
    assert history.ids() == [names[2], names[1]]
    assert not (history.folder / names[0]).exists()
    with pytest.raises(ConfigError, match="can't be read"), history.open(names[0]):
        pass
    assert not (history.folder / names[0]).exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", r"is damaged \(JSONDecodeError\)"),
        ("[]", "is damaged"),
        ('{"format": 2, "id": "x"}', "is of the format 2, and this release reads 1"),
        ('{"format": 1, "id": "x", "turns": [{"asked": {}}]}', "is damaged"),
        ('{"format": 1, "id": "x", "smell": 1}', "is damaged"),
    ],
)
def test_a_file_that_says_something_else_is_left_alone(history: History, text: str, words: str) -> None:
    path = history.folder / "abcd" / FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(ConfigError, match=words), history.open("abcd"):
        pass
    assert path.read_text() == text
    history.forget("abcd")
    assert history.ids() == []


def test_a_second_process_is_told_and_the_lock_dies_with_its_holder(
    history: History, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "PATIENCE", 0.1)
    with history.open() as kept:
        kept.keep(evolve(kept.conversation, turns=(answered("one", "1"),)))
    name = kept.conversation.id
    script = (
        "import pathlib, sys\n"
        "from aurarouter_core.history import History\n"
        "from aurarouter_core.home import Home\n"
        "with History(Home(pathlib.Path(sys.argv[1]))).open(sys.argv[2]):\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(home), name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        for attempt in (lambda: history.open(name).__enter__(), lambda: history.forget(name)):
            with pytest.raises(ConfigError, match=rf"{name[:8]} can't be opened: another process") as caught:
                attempt()
            assert "where it is open" in caught.value.hint
        assert history.load(name).turns[0].asked.text == "one"  # reading needs no lock
        other.kill()
    with history.open(name) as kept:
        assert len(kept.conversation.turns) == 1


# What becomes of a turn


async def test_the_message_is_on_disk_before_a_model_is_asked(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    found: list[Conversation] = []

    async def look() -> None:
        found.append(history.load(kept.conversation.id))

    stage.lines["a"] = [[look, "hello"]]
    async with routed() as router:
        with history.open() as kept:
            await say(router, kept, "keep me")
    assert [(turn.asked.text, turn.answer, turn.state) for turn in found[0].turns] == [("keep me", None, "unanswered")]


async def test_a_failed_turn_is_kept_unanswered_and_the_next_is_valid(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.lines["a"] = [["first"], [DOWN], ["third"]]
    async with routed() as router:
        with history.open() as kept:
            await say(router, kept, "one")
            with pytest.raises(AllModelsFailedError):
                await say(router, kept, "two")
            await say(router, kept, "three")
    turns = history.load(kept.conversation.id).turns
    assert [turn.state for turn in turns] == ["answered", "unanswered", "answered"]
    failed = turns[1]
    assert (failed.asked.text, failed.answer, failed.model) == ("two", None, "")
    assert failed.error is not None
    assert failed.error.type == "AllModelsFailedError"
    messages = stage.prompts("a")[2].messages
    assert alternates(messages)
    assert [message.text for message in messages] == ["one", "first", "three"]


async def test_an_answer_that_stops_short_is_kept_and_marked(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.lines["a"] = [["Hel", DOWN]]
    async with routed() as router:
        with history.open() as kept:
            done, _ = await say(router, kept, "one")
            assert not done.complete
            await say(router, kept, "two")
    first = history.load(kept.conversation.id).turns[0]
    assert first.answer is not None
    assert (first.state, first.answer.text) == ("incomplete", "Hel")
    assert first.error is not None
    assert first.error.message == "it is down"
    assert [message.text for message in stage.prompts("a")[1].messages] == ["one", "Hel", "two"]


@pytest.mark.parametrize(("lines", "state"), [([], "unanswered"), (["Hel", "lo"], "incomplete")])
async def test_a_cancelled_turn_keeps_what_came(
    routed: Callable[..., Router], stage: Stage, history: History, lines: list[str], state: str
) -> None:
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    stage.lines["a"] = [[*lines, hang]]
    async with routed() as router:
        with history.open() as kept:
            saying = asyncio.create_task(say(router, kept, "one"))
            await reached.wait()
            saying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await saying
            await say(router, kept, "two")
    first = history.load(kept.conversation.id).turns[0]
    assert (first.state, first.answer.text if first.answer else "") == (state, "".join(lines))
    assert first.model == ("a" if lines else "")
    assert first.error is not None
    assert first.error.message == "interrupted"
    assert alternates(stage.prompts("a")[1].messages)


async def test_a_model_that_answers_after_another_failed_is_who_answered_and_its_tokens_count(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    waste = Chunk(usage=Usage(input_tokens=900, output_tokens=0))
    stage.lines = {"a": [[waste, DOWN]], "b": [["yes", Chunk(usage=Usage(input_tokens=9, output_tokens=1))]]}
    async with routed(coding=["a", "b"]) as router:
        with history.open() as kept:
            await say(router, kept, "one")
    (first,) = kept.conversation.turns
    assert first.model == "b"
    assert first.usage == Usage(input_tokens=9, output_tokens=1)


# Privacy


async def test_found_private_once_it_stays_private(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.places["home"] = "here"
    async with routed(coding=["cloud", "home"]) as router:
        with history.open() as kept:
            await say(router, kept, "hello")
            await say(router, kept, SECRET)
            assert kept.conversation.private
    async with routed(coding=["cloud", "home"]) as router:
        with history.open(kept.conversation.id) as again:
            again.keep(evolve(again.conversation, turns=again.conversation.turns[:1]))  # no secret left to be found
            done, _ = await say(router, again, "harmless")
    assert done.trace.private
    assert [name for name, _ in stage.heard] == ["cloud", "home", "home"]
    assert all(prompt.private for prompt in stage.prompts("home"))


async def test_refused_for_privacy_is_unanswered_and_sent_nowhere(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    async with routed(coding=["cloud"]) as router:
        with history.open() as kept:
            with pytest.raises(PrivacyError):
                await say(router, kept, SECRET)
            with pytest.raises(PrivacyError):
                await say(router, kept, "harmless")
    assert stage.heard == []
    read = history.load(kept.conversation.id)
    assert read.private
    assert [turn.state for turn in read.turns] == ["unanswered"] * 2


async def test_declared_private_holds_for_the_summary_too(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.places["home"] = "here"
    async with routed(coding=["home"], summarization=["cloud"]) as router:
        with history.open() as kept:
            kept.keep(Conversation(private=True, turns=(answered("one " * 50, "1"), answered("two", "2"))))
            outcome = await condense_now(router, kept)
    assert isinstance(outcome.error, PrivacyError)
    assert kept.conversation.gist is None
    assert stage.heard == []


# How full it is, and condensing


def long(count: int = 4) -> Conversation:
    """A conversation of so many turns; about 60 tokens each."""
    return Conversation(turns=tuple(answered(f"question {n} " * 9, f"answer {n} " * 9) for n in range(count)))


async def test_the_smallest_context_that_is_known_counts(routed: Callable[..., Router], stage: Stage) -> None:
    stage.contexts = {"b": 900}
    async with routed(coding=["a"]) as router:
        unknown = await fullness(router, long())
    async with routed({"a": {"context_length": 1000}}, coding=["a", "b", "c"]) as router:
        known = await fullness(router, long())
    assert (unknown.limit, unknown.share, unknown.reaches(0.0)) == (None, None, False)
    assert known == Pressure(estimate(long().messages), True, 900)


async def test_measured_tokens_count_the_whole_history_once(routed: Callable[..., Router]) -> None:
    usage = Usage(input_tokens=500, output_tokens=130, reasoning_tokens=100)
    measured = evolve(long(), turns=(*long().turns, answered("x", "y", model="a", usage=usage, context=1060)))
    lost = evolve(measured, turns=(*measured.turns, Turn(asked=Message("user", "lost"))))
    guessed = measured.ending(evolve(measured.turns[-1], usage=evolve(usage, estimated=True)))
    condensed_since = evolve(measured, gist=Gist(turns=2, text="short"))
    async with routed() as router:
        assert await fullness(router, measured) == Pressure(530, False, 1060)
        assert await fullness(router, lost) == Pressure(530, False, 1060)
        assert await fullness(router, guessed) == Pressure(estimate(guessed.messages), True, 1060)
        assert (await fullness(router, condensed_since)).tokens == estimate(condensed_since.messages) < 300
        decision = router.decide(measured.task("more"))
        more = await pressure(router, measured, decision, "word " * 100)
    assert more == Pressure(530 + estimate([Message("user", "word " * 100)]), True, 1060)


async def test_at_80_percent_the_older_half_becomes_a_gist_and_nothing_is_lost(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.lines["s"] = [[" It was about numbers. "]]
    async with routed({"a": {"context_length": 260}}, coding=["a"], summarization=["s"]) as router:
        with history.open() as kept:
            kept.keep(evolve(long(), id=kept.conversation.id))
            _, condensations = await say(router, kept, "and now?")
            _, none = await say(router, kept, "and then?")
    assert [outcome.error for outcome in condensations] == [None]
    assert none == []
    asked, answering = stage.prompts("s")[0], stage.prompts("a")[0]
    assert asked.text.startswith(REQUEST)
    assert "User: question 0" in asked.text
    assert "Assistant: answer 1" in asked.text
    assert "question 2" not in asked.text
    read = history.load(kept.conversation.id)
    assert [turn.asked.text for turn in read.turns][:4] == [turn.asked.text for turn in long().turns]
    assert read.gist is not None
    assert (read.gist.turns, read.gist.text, read.gist.model) == (2, "It was about numbers.", "s")
    assert alternates(answering.messages)
    assert len(answering.messages) == 5
    assert "It was about numbers." in answering.messages[0].text
    assert "question 2" in answering.messages[0].text
    assert not any("question 1" in message.text for message in answering.messages)


async def test_condensing_again_covers_the_gist_and_newer_messages(
    routed: Callable[..., Router], stage: Stage, history: History
) -> None:
    stage.lines["s"] = [["gist one"], ["gist two"]]
    async with routed(summarization=["s"]) as router:
        with history.open() as kept:
            lost = Turn(asked=Message("user", "never answered"))
            kept.keep(evolve(kept.conversation, turns=(lost, *long(4).turns)))
            for gisted in (3, 4):
                assert (await condense_now(router, kept)).error is None
                assert kept.conversation.gisted == gisted
            assert isinstance((await condense_now(router, kept)).error, AuraRouterError)
    assert "Earlier, in short: gist one" in stage.prompts("s")[1].text
    assert "question 2" in stage.prompts("s")[1].text
    assert "question 0" not in stage.prompts("s")[1].text
    assert len(history.load(kept.conversation.id).turns) == 5
    assert "gist two" in kept.conversation.messages[0].text
    assert len(stage.prompts("s")) == 2


SHORTCOMINGS = [
    ([DOWN], "it is down"),
    (["half a gi", DOWN], "the summary stops short: it is down"),
    (["half a gi", Chunk(finish="length")], "stops short: it ended as 'length'"),
    ([" \n"], "the summary is empty"),
    (["blah " * 500], "no shorter than what it would replace"),
    ([Chunk(tool_calls=(ToolCallDelta(index=0, id="1", name="look"),))], "the summary is empty"),
]


@pytest.mark.parametrize(("lines", "words"), SHORTCOMINGS)
async def test_a_failed_condensation_changes_nothing_and_the_turn_goes_on(
    routed: Callable[..., Router], stage: Stage, history: History, lines: list[Any], words: str
) -> None:
    stage.lines["s"] = [lines]
    async with routed({"a": {"context_length": 260}}, coding=["a"], summarization=["s"]) as router:
        with history.open() as kept:
            kept.keep(evolve(long(), id=kept.conversation.id))
            before = (history.folder / kept.conversation.id / FILE).read_bytes()
            outcome = await condense_now(router, kept)
            assert words in str(outcome.error)
            assert (history.folder / kept.conversation.id / FILE).read_bytes() == before
            stage.lines["s"] = [lines]
            _, condensations = await say(router, kept, "and now?")
    assert [words in str(outcome.error) for outcome in condensations] == [True]
    assert kept.conversation.gist is None
    assert len(stage.prompts("a")[0].messages) == 9


async def test_who_sums_up(routed: Callable[..., Router], stage: Stage) -> None:
    short = [["short"]]
    for model, roles, writer in (
        (None, {"coding": ["a"], "summarization": ["s"]}, "s"),
        (None, {"coding": ["a"], "reasoning": ["r"]}, "a"),
        ("r", {"coding": ["a"], "summarization": ["s"], "reasoning": ["r"]}, "r"),  # "this model and no other"
    ):
        stage.lines[writer] = list(short)
        async with routed(**roles) as router:
            made = await condensed(router, evolve(long(), model=model))
        assert made.gist is not None
        assert made.gist.model == writer


async def test_one_turn_is_too_little_to_condense(routed: Callable[..., Router], stage: Stage) -> None:
    async with routed() as router:
        with pytest.raises(AuraRouterError, match="too little to condense"):
            await condensed(router, long(1))
    assert stage.heard == []
