"""The values are frozen, join as they promise, and lose nothing on the way."""

from __future__ import annotations

import inspect
import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurarouter_hooks import (
    Chunk,
    Constraint,
    Media,
    Message,
    Opaque,
    Prompt,
    Reply,
    Task,
    Text,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolResult,
    Usage,
    values,
)

FROZEN = [found for name in values.__all__ if inspect.isclass(found := getattr(values, name)) and attrs.has(found)]

names = st.sampled_from(["fast", "local", "private", "tools", "vision"])
some_names = st.frozensets(names)
constraints = st.builds(
    Constraint,
    private=st.booleans(),
    here=st.booleans(),
    tags=some_names,
    capabilities=some_names,
    min_context=st.integers(0, 4),
    models=st.none() | some_names,
    reasons=st.lists(names).map(tuple),
)
usages = st.builds(
    Usage,
    input_tokens=st.integers(0),
    output_tokens=st.integers(0),
    cached_input_tokens=st.integers(0),
    reasoning_tokens=st.integers(0),
    estimated=st.booleans(),
)
replies = st.builds(
    Reply,
    text=st.text(),
    reasoning=st.text(),
    tool_calls=st.lists(st.builds(ToolCall, id=st.text(), name=st.text(), arguments=st.text())).map(tuple),
    opaque=st.lists(st.builds(Opaque, provider=st.text(), data=st.integers())).map(tuple),
    finish=st.sampled_from(["stop", "length", "tool_calls", "content_filter", "other"]),
    usage=st.none() | usages,
    logprobs=st.none() | st.lists(st.integers(), min_size=1),
    request_id=st.text(),
    model_name=st.text(),
    stop_sequence=st.text(),
)


def limits(constraint: Constraint) -> Constraint:
    """Without the reasons, whose order alone depends on who came first."""
    return attrs.evolve(constraint, reasons=())


def admits(constraint: Constraint, model: Constraint) -> bool:
    """Whether these limits leave a model in, that is described here by what it can offer."""
    return (
        (model.private or not constraint.private)
        and (model.here or not constraint.here)
        and constraint.tags <= model.tags
        and constraint.capabilities <= model.capabilities
        and constraint.min_context <= model.min_context
        and (constraint.models is None or bool(model.models and model.models <= constraint.models))
    )


@given(constraints, constraints)
def test_joining_constraints_does_not_depend_on_their_order(one: Constraint, two: Constraint) -> None:
    assert limits(one | two) == limits(two | one)
    assert set((one | two).reasons) == set((two | one).reasons) == {*one.reasons, *two.reasons}


@given(constraints, constraints, constraints)
def test_joining_constraints_does_not_depend_on_their_grouping(a: Constraint, b: Constraint, c: Constraint) -> None:
    assert (a | b) | c == a | (b | c)


@given(constraints)
def test_joining_a_constraint_with_itself_or_with_nothing_changes_no_limit(one: Constraint) -> None:
    assert limits(one | one) == limits(one) == limits(one | Constraint()) == limits(Constraint() | one)
    assert set((one | one).reasons) == set(one.reasons)


@given(constraints, constraints, constraints, names)
def test_joining_constraints_only_narrows(one: Constraint, two: Constraint, offer: Constraint, model_id: str) -> None:
    model = attrs.evolve(offer, models=frozenset({model_id}))
    assert admits(one | two, model) == (admits(one, model) and admits(two, model))


@given(usages, usages, usages)
def test_usage_adds_up(a: Usage, b: Usage, c: Usage) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Usage() == a
    assert (a + b).input_tokens == a.input_tokens + b.input_tokens
    assert (a + b).output_tokens == a.output_tokens + b.output_tokens
    assert (a + b).estimated == (a.estimated or b.estimated)


@given(replies)
def test_a_reply_survives_being_one_chunk(reply: Reply) -> None:
    assert Reply.from_chunks([reply.as_chunk()]) == reply


@given(replies, st.integers(1, 5))
def test_a_reply_survives_being_many_chunks(reply: Reply, size: int) -> None:
    def cut(text: str) -> list[str]:
        return [text[i : i + size] for i in range(0, len(text), size)]

    chunks = [Chunk(text=piece) for piece in cut(reply.text)]
    chunks += [Chunk(reasoning=piece) for piece in cut(reply.reasoning)]
    chunks += [Chunk(opaque=(part,)) for part in reply.opaque]
    for index, call in enumerate(reply.tool_calls):
        chunks.append(Chunk(tool_calls=(ToolCallDelta(index=index, id=call.id, name=call.name),)))
        chunks += [Chunk(tool_calls=(ToolCallDelta(index=index, arguments=piece),)) for piece in cut(call.arguments)]
    chunks += [Chunk(logprobs=[entry]) for entry in reply.logprobs or ()]
    chunks.append(attrs.evolve(reply.as_chunk(), text="", reasoning="", tool_calls=(), opaque=(), logprobs=None))
    assert Reply.from_chunks(chunks) == reply


def test_a_stream_without_an_end_is_not_called_finished() -> None:
    assert Reply.from_chunks([Chunk(text="half an ans")]).finish == "other"
    assert Reply.from_chunks([]).finish == "other"


def test_a_reply_can_be_sent_again_whatever_came() -> None:
    halves = ["\ud83d", "\ude00", " \ud83d."]
    chunks = [Chunk(text=half, reasoning=half, tool_calls=(ToolCallDelta(index=0, arguments=half),)) for half in halves]
    reply = Reply.from_chunks(chunks)
    assert {reply.text, reply.reasoning, reply.tool_calls[0].arguments} == {"\U0001f600 \ufffd."}


def test_only_content_commits_to_a_model() -> None:
    assert not Chunk(finish="stop", usage=Usage(), request_id="1", model_name="m").has_content
    for content in ({"text": "a"}, {"reasoning": "a"}, {"opaque": (Opaque(provider="p", data=1),)}):
        assert Chunk(**content).has_content
    assert Chunk(tool_calls=(ToolCallDelta(index=0, id="1"),)).has_content


def test_a_reply_becomes_the_next_turn_with_its_native_parts_first() -> None:
    part, call = Opaque(provider="p", data=1), ToolCall(id="1", name="look")
    assert Reply(text="hm", opaque=(part,), tool_calls=(call,)).message == Message(
        "assistant", (part, Text("hm"), call)
    )


def test_the_texts_of_a_task_are_all_that_it_would_send() -> None:
    picture = Media(media_type="image/png", data=b"\x89PNG", name="<media name>", url="<media url>")
    page = Media(media_type="text/plain", data=b"<media data>")
    shot = Media(media_type="image/png", name="<result media name>", url="<result media url>")
    task = Task(
        "<text>",
        context="<context>",
        messages=(
            Message("system", "<system>"),
            Message("user", (Text("<part>"), picture, page)),
            Message("assistant", (ToolCall(id="1", name="look", arguments='{"at": "<arguments>"}'),)),
            Message("tool", (ToolResult(call_id="1", content="<result>", media=(shot,)),)),
            Message("assistant", (Opaque(provider="p", data={"thought": ["<opaque>"]}),)),
        ),
        tools=(Tool(name="look", description="<tool>", schema={"title": "<tool schema>"}),),
        response_schema={"title": "<response schema>"},
        parameters={"stop": ["<parameters>"]},
        extra={"user": "<extra>"},
    )
    expected = (
        "<text> <context> <system> <part> <media name> <media url> <media data> <arguments> <result> "
        "<result media name> <result media url> <opaque> <tool> <tool schema> <response schema> <parameters> <extra>"
    )
    sent = "\n".join(task.texts())
    assert [place for place in re.findall("<.+?>", expected) if place not in sent] == []


def test_the_question_is_the_text_or_what_the_user_said_last() -> None:
    talk = (Message("user", "first"), Message("user", "second"), Message("assistant", "third"))
    assert Task("zeroth", messages=talk).question == "zeroth"
    assert Task(messages=talk).question == "second"
    assert Task().question == ""
    assert Prompt(messages=talk).text == "second"
    assert Prompt.of("alone").text == "alone"


def test_every_task_has_an_id_of_its_own() -> None:
    ids = {Task("same").id for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 32 and int(one, 16) for one in ids)


@pytest.mark.parametrize("kind", FROZEN, ids=lambda kind: kind.__name__)
def test_values_are_frozen(kind: type[Any]) -> None:
    value = object.__new__(kind)
    for field in attrs.fields(kind):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, field.name, None)


def test_a_prompt_and_its_answer_stay_out_of_their_own_reprs() -> None:
    text = "the patient is called"
    hidden = (
        Task(text, context=text),
        Reply(text=text, reasoning=text),
        Chunk(text=text, reasoning=text),
        ToolCall(id="1", name="look", arguments=text),
        ToolResult(call_id="1", content=text),
        Opaque(provider="p", data=text),
    )
    for value in hidden:
        assert text not in repr(value), type(value).__name__
