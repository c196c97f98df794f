"""Deciding: which role, which models, in which order, and why."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Task
from aurarouter_core.decide import decide
from aurarouter_core.layers import Layers
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.structure import build
from aurarouter_hooks import (
    Constraint,
    Decision,
    Intent,
    Location,
    Media,
    Message,
    RoutingError,
    Text,
    Tool,
    UnknownModelError,
    UnknownRoleError,
)

HERE = Location(kind="process")
THERE = Location(kind="remote", host="api.example.com")


def settle(task: Task, config: Config, plugins: Plugins, **locations: Location) -> Decision:
    return decide(task, Snapshot.of(config, plugins), locations)


def three_roles(plugins: Plugins, **system: Any) -> Config:
    return build(
        Layers.of(
            {
                "system": system,
                "models": {name: {"provider": "here"} for name in "abc"},
                "roles": {"coding": ["a"], "reasoning": ["b"], "summarization": ["c"]},
            },
            plugins.sections,
        )
    )


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Write a Python function that reverses a string", "coding"),
        ("Summarise this article in three sentences: The cat sat on the mat.", "summarization"),
        ("Design a fault-tolerant event sourcing platform and plan the migration", "reasoning"),
    ],
)
@pytest.mark.promise("file-format.24")
def test_the_wording_picks_the_role(plugins: Plugins, text: str, role: str) -> None:
    assert settle(Task(text), three_roles(plugins), plugins).role == role


def test_wishes_beat_the_analyser(plugins: Plugins) -> None:
    config = three_roles(plugins)
    coding = "Write a Python function that reverses a string"
    assert settle(Task(coding, role="reasoning"), config, plugins).chain == ("b",)
    assert settle(Task(coding, model="c"), config, plugins).chain == ("c",)
    decision = settle(Task(coding, intent="COMPLEX_REASONING"), config, plugins)
    assert (decision.intent, decision.role) == ("COMPLEX_REASONING", "reasoning")


def test_unknown_wishes_are_errors_that_say_what_is_known(plugins: Plugins) -> None:
    config = three_roles(plugins)
    with pytest.raises(UnknownModelError) as model:
        settle(Task("x", model="gpt"), config, plugins)
    assert model.value.known == ("a", "b", "c")
    with pytest.raises(UnknownRoleError) as role:
        settle(Task("x", role="poet"), config, plugins)
    assert role.value.known == ("coding", "reasoning", "summarization")
    with pytest.raises(RoutingError, match="no intent is called 'ODE'"):
        settle(Task("x", intent="ODE"), config, plugins)


def test_a_role_that_is_not_configured_falls_to_the_default_and_says_so(plugins: Plugins) -> None:
    config = build(Layers.of({"models": {"a": {"provider": "here"}}, "roles": {"analysis": ["a"]}}))
    decision = settle(Task("Write a Python function that reverses a string"), config, plugins)
    assert decision.role == "analysis"
    assert any("'coding' is not configured" in stage.outcome for stage in decision.stages)


def test_plain_questions_go_to_the_default_role(plugins: Plugins) -> None:
    config = three_roles(plugins, default_role="summarization")
    assert settle(Task("What is the capital of France?"), config, plugins).role == "summarization"


@pytest.mark.promise("future.15")
def test_custom_verbs_and_intents_from_the_configuration(plugins: Plugins) -> None:
    config = build(
        Layers.of(
            {
                "models": {name: {"provider": "here"} for name in "ab"},
                "roles": {"coding": ["a"], "poetry": ["b"]},
                "semantic_verbs": {"poetry": ["versify"]},
                "intents": {"ODE": {"role": "poetry"}},
            }
        )
    )
    assert Snapshot.of(config, plugins).analyser.resolve("Versify") == "poetry"
    assert settle(Task("praise the sea", intent="ODE"), config, plugins).role == "poetry"


def test_a_plugin_may_classify(make_plugin: Any, providers: object) -> None:
    plugins = Plugins(
        discover=False,
        extra=[providers, make_plugin("poet", classify_task=lambda task: Intent(name="ODE", role="summarization"))],
    )
    decision = settle(Task("hello"), three_roles(plugins), plugins)
    assert (decision.intent, decision.role) == ("ODE", "summarization")


def test_scores_reorder_and_ties_keep_the_configured_order(
    make_plugin: Any, providers: object, configure: Callable[..., Config]
) -> None:
    plugins = Plugins(discover=False, extra=[providers, make_plugin("s", score_models=lambda: {"c": 1.0})])
    config = configure(a={"provider": "here"}, b={"provider": "here"}, c={"provider": "here"})
    assert settle(Task("x"), config, plugins).chain == ("c", "a", "b")


def test_vetoes_carry_reasons(make_plugin: Any, providers: object, configure: Callable[..., Config]) -> None:
    plugins = Plugins(
        discover=False,
        extra=[providers, make_plugin("v", veto_models=lambda models: {"a": "tired", "stranger": "who?"})],
    )
    config = configure(
        a={"provider": "here"},
        b={"provider": "absent"},
        c={"provider": "here"},
        d={"provider": "here", "tags": ["fast"]},
    )
    decision = settle(Task("x", tags={"fast"}), config, plugins)
    assert decision.chain == ("d",)
    assert decision.vetoes["a"].startswith("it lacks the tag fast")
    assert "no installed plugin brings the provider 'absent'" in decision.vetoes["b"]
    assert set(decision.vetoes) == {"a", "b", "c"}
    assert settle(Task("x"), config, plugins).vetoes["a"] == "v: tired"


@pytest.mark.promise("future.16")
@pytest.mark.promise("file-format.16")
def test_private_tasks_keep_to_cleared_models(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(
        far={"provider": "remote"},
        trusted={"provider": "remote", "tags": ["private"]},
        near={"provider": "here"},
        unknown={"provider": "here"},
    )
    decision = settle(Task("x", private=True), config, plugins, far=THERE, trusted=THERE, near=HERE)
    assert decision.chain == ("trusted", "near")
    assert "api.example.com" in decision.vetoes["far"]
    assert "unknown place" in decision.vetoes["unknown"]
    only_here = settle(Task("x", here=True), config, plugins, far=THERE, trusted=THERE, near=HERE)
    assert only_here.chain == ("near",)


def test_a_relay_on_loopback_needs_the_tag(configure: Callable[..., Config], plugins: Plugins) -> None:
    config = configure(a={"provider": "remote"}, b={"provider": "remote", "tags": ["private"]})
    relay = Location(kind="loopback", host="localhost", relay=True)
    assert settle(Task("x", private=True), config, plugins, a=relay, b=relay).chain == ("b",)


def test_plugins_only_ever_narrow(make_plugin: Any, providers: object, configure: Callable[..., Config]) -> None:
    plugins = Plugins(
        discover=False,
        extra=[
            providers,
            make_plugin("one", constrain_task=lambda task: Constraint(models=frozenset({"a", "b"}), reasons=("one",))),
            make_plugin("two", constrain_task=lambda task: Constraint(models=frozenset({"b", "c"}))),
            make_plugin("loose", constrain_task=lambda task: Constraint(private=False)),
            make_plugin("fan", score_models=lambda models: {model.id: 1e9 for model in models if model.id != "b"}),
        ],
    )
    config = configure(a={"provider": "here"}, b={"provider": "here"}, c={"provider": "here"})
    decision = settle(Task("x", private=True), config, plugins, a=HERE, b=HERE, c=HERE)
    assert decision.chain == ("b",)
    assert decision.constraint.private
    assert "one" in decision.constraint.reasons


def test_what_the_prompt_needs_rules_out_models_that_say_they_cannot(
    configure: Callable[..., Config], plugins: Plugins
) -> None:
    config = configure(
        blind={"provider": "here", "capabilities": ["tools"]},
        seeing={"provider": "here", "capabilities": ["tools", "vision"]},
        unsaid={"provider": "here"},
    )
    picture = Message("user", [Text("what is this?"), Media(media_type="image/png", data=b"x")])
    decision = settle(Task(messages=[picture], tools=[Tool(name="zoom")]), config, plugins)
    assert decision.chain == ("seeing", "unsaid")
    assert decision.vetoes == {"blind": "it can't do vision"}


def test_every_stage_is_there_with_its_time(configure: Callable[..., Config], plugins: Plugins) -> None:
    decision = settle(Task("hello"), configure(a={"provider": "here"}), plugins)
    names = ["analyse", "private", "classify", "mode", "role", "constrain", "filter", "rank"]
    assert [stage.name for stage in decision.stages] == names
    assert all(stage.microseconds > 0 for stage in decision.stages)
    assert decision.stages[2].score == decision.analysis.confidence


def test_deciding_merges_nothing_that_plugins_bring(make_plugin: Any, configure: Callable[..., Config]) -> None:
    asked: list[str] = []

    def providers() -> dict[str, type]:
        asked.append("providers")
        return {}

    brings = make_plugin("p", register_providers=providers)
    plugins = Plugins(discover=False, extra=[brings])
    snapshot = Snapshot.of(configure(a={"provider": "x"}), plugins)
    assert asked == ["providers"]
    decide(Task("hello"), snapshot, {})
    assert asked == ["providers"]
