"""Plans: when one is made, who is asked for what, what is shown, and what the trace says of it."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve

import grammar
from actors import Cast, Kind, actor, block, plan_of
from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import (
    Delta,
    Done,
    Event,
    Message,
    NodeFinished,
    NodeStarted,
    Prompt,
    ProviderUnavailableError,
    RoutingError,
    Tool,
)

STEPS = ("Prove that the shop has enough flour", "Write a Python function that counts the loaves")
MODELS = {"thinker": actor(), "coder": actor()}
ROLES = {"reasoning": ["thinker"], "coding": ["coder"]}


def configured(
    models: Mapping[str, Any] = MODELS, roles: Mapping[str, Any] = ROLES, **sections: Mapping[str, Any]
) -> Config:
    return build(Layers.of({"models": models, "roles": roles, **sections}, {}))


def says(plan: str, *answers: str) -> Callable[[Kind, Prompt, str], str]:
    """A plan, then the answers of its steps in turn."""
    left = list(answers)

    def say(kind: Kind, prompt: Prompt, model: str) -> str:
        return plan if kind == "plan" else left.pop(0)

    return say


async def events_of(cast: Cast, task: Task, config: Config | None = None) -> list[Event]:
    plugins = Plugins(discover=False, extra=[cast.plugin])
    async with Router(config or configured(), plugins) as router:
        events = [event async for event in router.stream(task)]
    grammar.check(events, whole=True)
    return events


def done_of(events: list[Event]) -> Done:
    done = events[-1]
    assert isinstance(done, Done)
    return done


def shown(events: list[Event]) -> str:
    return "".join(event.chunk.text for event in events if isinstance(event, Delta))


async def test_each_step_goes_where_it_belongs_and_all_make_one_answer() -> None:
    cast = Cast(says(plan_of(*STEPS), "Enough for nine.", "def loaves(): ..."))
    events = await events_of(cast, Task("Bake bread", mode="plan"))
    done = done_of(events)
    assert done.text == "Enough for nine.\n\ndef loaves(): ..." == shown(events)
    assert [reply.text for reply in done.steps] == ["Enough for nine.", "def loaves(): ..."]
    assert [(model, kind) for model, kind, _ in cast.sent] == [
        ("thinker", "plan"), ("thinker", "step"), ("coder", "step"),
    ]  # fmt: skip
    assert [(node.id, node.kind, node.parents, node.role) for node in done.trace.nodes] == [
        ("analyse", "analyse", (), "reasoning"),
        ("plan", "plan", ("analyse",), "reasoning"),
        ("step-1", "step", ("plan",), "reasoning"),
        ("step-2", "step", ("plan", "step-1"), "coding"),
    ]
    assert [node.label for node in done.trace.nodes[1:]] == ["2 steps", "1 of 2", "2 of 2"]
    assert all(node.outcome == "ok" for node in done.trace.nodes)
    assert done.trace.decision is not None
    assert done.trace.decision.mode == "plan"


async def test_a_step_sees_task_plan_and_what_came_before() -> None:
    cast = Cast(says(plan_of(*STEPS), "Enough for nine.", "done"))
    await events_of(cast, Task("Bake bread", context="flour: 3 kg", mode="plan"))
    (plan,) = cast.texts("plan")
    assert block(plan, "what is asked above.") == "Bake bread"
    first, second = cast.texts("step")
    assert block(first, "The step:") == STEPS[0]
    assert block(first, "What the earlier steps gave:") == "(nothing yet)"
    assert block(second, "The whole task:") == "Bake bread"
    assert block(second, "The plan:") == f"1. {STEPS[0]}\n2. {STEPS[1]}"
    assert block(second, "What the earlier steps gave:") == "Step 1:\nEnough for nine."
    assert "number 2 of 2" in second
    assert all("flour: 3 kg" in text for text in (plan, first, second))


async def test_only_steps_are_shown() -> None:
    cast = Cast(says(plan_of(*STEPS), "one", "two"))
    node, showing = "", set()
    for event in await events_of(cast, Task("Bake bread", mode="plan")):
        if isinstance(event, NodeStarted):
            node = event.node.id
        elif isinstance(event, Delta):
            showing.add(node)
    assert showing == {"step-1", "step-2"}


async def test_a_schema_goes_only_where_it_is_known_to_be_kept() -> None:
    for entry, expected in (
        (actor(), None),
        (actor(schemas=True), 2),
        (actor(capabilities=["json_schema"]), 2),
        (actor(schemas=True, capabilities=["stream"]), None),
    ):
        cast = Cast(says(plan_of(*STEPS), "one", "two"))
        await events_of(cast, Task("Bake", mode="plan"), configured({"a": entry}, {"reasoning": ["a"]}))
        sent = cast.sent[0][2].response_schema
        assert (sent and sent["properties"]["steps"]["minItems"]) == expected
        assert cast.sent[1][2].response_schema is None


@pytest.mark.parametrize("said", ["I would rather not.", "", '{"steps": []}'])
async def test_without_a_readable_plan_the_task_is_the_one_step(said: str) -> None:
    cast = Cast(lambda kind, prompt, model: said if kind == "plan" else "Bread.")
    events = await events_of(cast, Task("Bake bread", mode="plan", context="flour"))
    assert done_of(events).text == "Bread."
    assert cast.sent[-1][2].messages[-1].text.startswith("Bake bread\n\nMaterial for this task")
    plan, step = done_of(events).trace.nodes[1:]
    assert "the task is the one step" in plan.label
    assert plan.outcome == ("failed" if said == "" else "unreadable")
    assert step.label == "1 of 1"


async def test_without_a_model_that_answers_the_plan_the_task_is_the_one_step() -> None:
    def say(kind: Kind, prompt: Prompt, model: str) -> str | BaseException:
        return ProviderUnavailableError("asleep") if model == "thinker" else "Bread."

    done = done_of(await events_of(Cast(say), Task("Write a Python function for bread", mode="plan")))
    assert (done.text, done.complete) == ("Bread.", True)
    assert done.trace.nodes[1].label == "no model made a plan; the task is the one step"
    assert done.trace.nodes[1].outcome == "failed"


async def test_wishes_hold_for_the_steps() -> None:
    cast = Cast(says(plan_of(*STEPS), "one", "two"))
    await events_of(cast, Task("Bake", mode="plan", model="coder", parameters={"max_tokens": 9}))
    assert [model for model, *_ in cast.sent] == ["coder"] * 3
    assert [prompt.parameters.get("max_tokens") for *_, prompt in cast.sent] == [None, 9, 9]
    cast = Cast(says(plan_of(*STEPS), "one", "two"))
    await events_of(cast, Task("Bake", mode="plan", role="coding"))
    assert [model for model, *_ in cast.sent] == ["coder"] * 3


async def test_a_conversation_stays_in_front() -> None:
    cast = Cast(says(plan_of("only step"), "one"))
    earlier = (Message("user", "I am Ada."), Message("assistant", "Hello Ada."))
    await events_of(cast, Task(messages=[*earlier, Message("user", "Bake bread")], mode="plan"))
    for _, _, prompt in cast.sent:
        assert prompt.messages[:-1] == earlier
        assert "Bake bread" in prompt.messages[-1].text


@pytest.mark.parametrize("more", [{"tools": [Tool(name="t")]}, {"response_schema": {"type": "object"}}])
async def test_what_no_plan_can_answer_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(RoutingError, match="can't be answered by a plan"):
        await events_of(Cast(says("")), Task("Bake", mode="plan", **more))


async def test_no_step_sees_more_than_its_models_hold() -> None:
    answers = [f"{n}" * 3500 for n in range(8)]
    cast = Cast(says(plan_of(*(f"do part {n}" for n in range(8))), *answers))
    models = {"a": actor(context_length=4000)}
    await events_of(cast, Task("Bake", mode="plan"), configured(models, {"reasoning": ["a"]}))
    texts = cast.texts("step")
    assert len(texts) == 8
    assert all(len(block(text, "What the earlier steps gave:")) < 6000 + 8 * 12 for text in texts)
    assert "characters left out" in texts[-1]
    assert "6" * 3500 in texts[-1]


async def test_the_steps_can_be_found_in_what_the_model_said() -> None:
    cast = Cast(says(plan_of(*STEPS), "one", "two"))
    config = configured(system={"keep_content": True})
    events = await events_of(cast, Task("Bake bread", mode="plan"), config)
    plan, *steps = done_of(events).trace.nodes[1:]
    assert plan.raw == plan_of(*STEPS)
    assert tuple(step.label for step in steps) == STEPS
    finished = [event.node for event in events if isinstance(event, NodeFinished)]
    assert [node.raw for node in steps] == ["one", "two"]
    assert finished == [plan, *(evolve(node, raw=None) for node in steps)]


async def test_texts_of_ours_can_be_replaced() -> None:
    cast = Cast(lambda kind, prompt, model: plan_of("a", "b") if "SCHRITTE" in prompt.messages[-1].text else "ok")
    prompts = {"plan": "SCHRITTE, bis zu {most}: {task}", "step": "{step}|{task}|{earlier}|{{}}"}
    await events_of(cast, Task("Brot", mode="plan"), configured(prompts=prompts, plans={"max_steps": 3}))
    texts = [prompt.messages[-1].text for *_, prompt in cast.sent]
    assert texts[0] == "SCHRITTE, bis zu 3: -----\nBrot\n-----"
    assert texts[1] == "-----\na\n-----|-----\nBrot\n-----|-----\n(nothing yet)\n-----|{}"
