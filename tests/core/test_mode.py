"""Direct or by a plan: what is asked for, what is worth a plan, and the stage that says why."""

from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import ConfigError, Decision, Message, Stage, Tool

HARD = (
    "Design a distributed rate limiter step by step: first compare algorithms, then choose one, then prove its "
    "bounds, and finally write a migration plan with risks for each phase."
)
NO_STEPS = (
    "Design a distributed rate limiter: compare the known algorithms, prove the bounds of each, and evaluate the trade "
    "offs between consistency, latency and fairness, with a derivation of the failure probabilities."
)


def configured(**sections: Any) -> Config:
    models = {"a": {"provider": "echo"}, "b": {"provider": "echo"}}
    roles = {"reasoning": ["a"], "coding": ["b"]}
    return build(Layers.of({"models": models, "roles": roles, **sections}, {}))


def decided(task: Task, config: Config | None = None) -> tuple[Decision, Stage]:
    import aurarouter_echo

    decision = Router(config or configured(), Plugins(discover=False, extra=[aurarouter_echo])).decide(task)
    (stage,) = (stage for stage in decision.stages if stage.name == "mode")
    return decision, stage


@pytest.mark.parametrize(
    ("task", "outcome"),
    [
        (Task("hello", mode="direct"), "direct (asked for)"),
        (Task("hello", mode="plan"), "plan (asked for)"),
        (Task(HARD, mode="direct"), "direct (asked for)"),
        (Task("hello"), "direct (no task for a plan)"),
        (Task(HARD), "plan (hard, and its wording names steps)"),
        (Task(NO_STEPS), "direct (its wording names no steps)"),
        (Task("Plan a trip to Mars, step by step"), "direct (not hard enough for a plan)"),
        (Task(HARD, model="b"), "direct (a model was asked for)"),
        (Task(HARD, tools=[Tool(name="t")]), "direct (it is a conversation, or has tools or a schema)"),
        (Task(HARD, response_schema={}), "direct (it is a conversation, or has tools or a schema)"),
        (Task(messages=[Message("user", HARD)]), "direct (it is a conversation, or has tools or a schema)"),
        (Task(HARD, intent="SIMPLE_CODE"), "direct (no task for a plan)"),
    ],
)
def test_the_mode_and_why(task: Task, outcome: str) -> None:
    decision, stage = decided(task)
    assert stage.outcome == outcome
    assert decision.mode == outcome.split()[0]


def test_the_level_from_which_plans_are_made_can_be_set() -> None:
    task = Task("Plan a trip to Mars, step by step")
    _, stage = decided(task)
    assert (stage.score, stage.threshold) == (6, 7)
    decision, stage = decided(task, configured(plans={"from_level": 5}))
    assert (decision.mode, stage.threshold) == ("plan", 5)


def test_a_plan_is_made_by_the_role_for_it() -> None:
    decision, _ = decided(Task("Write a Python function", mode="plan"))
    assert (decision.role, decision.chain) == ("reasoning", ("a",))
    decision, _ = decided(Task("Write a Python function", mode="plan", role="coding"))
    assert (decision.role, decision.chain) == ("coding", ("b",))
    alone = configured(roles={"coding": ["b"]})
    decision, _ = decided(Task("Write a Python function", mode="plan"), alone)
    assert (decision.role, decision.chain) == ("coding", ("b",))


@pytest.mark.parametrize(
    ("sections", "path", "what"),
    [
        ({"plans": {"from_level": 11}}, "plans.from_level", "must be <= 10"),
        ({"plans": {"max_steps": 1}}, "plans.max_steps", "must be >= 2"),
        ({"plans": {"corrections": 4}}, "plans.corrections", "must be <= 3"),
        ({"plans": {"review": True}}, "plans.review", "no role is called 'reviewer'"),
        ({"plans": {"steps": 3}}, "plans.steps", "unknown key (did you mean 'max_steps'?)"),
        ({"prompts": {"plan": "Plan it"}}, "prompts.plan", "must have the placeholder {task}"),
        (
            {"prompts": {"plan": "{task} {taks}"}},
            "prompts.plan",
            "unknown placeholder {taks} (there are: {most}, {task})",
        ),
        ({"prompts": {"plan": "{task.text}"}}, "prompts.plan", "unknown placeholder {task.text}"),
        ({"prompts": {"plan": "{task!r}"}}, "prompts.plan", "unknown placeholder {task}"),
        ({"prompts": {"plan": "{task} {}"}}, "prompts.plan", "unknown placeholder {}"),
        ({"prompts": {"step": "{step} {task} {earlier} {"}}, "prompts.step", "has a brace of its own"),
        ({"prompts": {"review": "{task}"}}, "prompts.review", "must have the placeholder {answer}"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(sections: dict[str, Any], path: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(**sections)
    (problem,) = caught.value.problems
    assert ".".join(problem.path) == path
    assert what in problem.what
