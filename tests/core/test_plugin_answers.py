"""What plugins answer: a fault is named, an opinion that fails is left out, and a veto or limit that fails refuses."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from aurarouter_core import Plugins, Task
from aurarouter_core.hotpath import analyse
from aurarouter_hooks import (
    Constraint,
    Intent,
    Middleware,
    Model,
    PluginBrokenError,
)

TASK = Task("hello")
ANALYSIS = analyse("hello")
Make = Callable[..., Any]


def raising(*_: object) -> Any:
    raise ValueError("deliberate")


def test_an_opinion_that_raises_is_left_out_and_counted(make_plugin: Make) -> None:
    plugins = Plugins(
        discover=False,
        extra=[
            make_plugin("good", score_models=lambda task: {"a": 1.5}, classify_task=lambda: Intent(name="X")),
            make_plugin("bad", score_models=lambda task: raising(), classify_task=lambda task: raising()),
        ],
    )
    assert plugins.score(TASK, ANALYSIS, []) == {"a": 1.5}
    assert plugins.classify(TASK, ANALYSIS) == Intent(name="X")
    assert [(fault.plugin, fault.hook) for fault in plugins.guard.faults] == [
        ("bad", "score_models"),
        ("bad", "classify_task"),
    ]


class _Gate(Middleware):
    def limits(self, app: str, settings: Mapping[str, Any]) -> Constraint | None:
        raise ValueError("deliberate")


@pytest.mark.parametrize("hook", ["veto_models", "constrain_task", "register_middleware"])
def test_a_limit_that_raises_refuses_the_task(make_plugin: Make, hook: str) -> None:
    plugins = Plugins(
        discover=False,
        extra=[make_plugin("guard", **{hook: lambda: [_Gate()] if hook == "register_middleware" else raising()})],
    )
    asked: dict[str, tuple[Callable[..., Any], list[Any]]] = {
        "veto_models": (plugins.veto, [TASK, ANALYSIS, []]),
        "constrain_task": (plugins.constrain, [TASK, ANALYSIS]),
        "register_middleware": (plugins.limit, ["editor", {}]),
    }
    call, arguments = asked[hook]
    with pytest.raises(PluginBrokenError, match="plugin 'guard' failed in") as caught:
        call(*arguments)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "AURAROUTER_WITHOUT=guard" in caught.value.hint


def test_results_do_not_depend_on_the_order_of_plugins(make_plugin: Make) -> None:
    extra = [
        make_plugin("a", score_models=lambda: {"m": 0.1, "n": 1e16}, veto_models=lambda: {"m": "tired"}),
        make_plugin("b", score_models=lambda: {"m": 0.2, "n": 1.0}, veto_models=lambda: {"m": "old"}),
        make_plugin("c", score_models=lambda: {"m": 0.3, "n": -1e16}, constrain_task=lambda: Constraint(private=True)),
    ]
    models = [Model(id="m", provider="x")]
    forwards = Plugins(discover=False, extra=extra)
    backwards = Plugins(discover=False, extra=reversed(extra))
    assert forwards.score(TASK, ANALYSIS, models) == backwards.score(TASK, ANALYSIS, models) == {"m": 0.6, "n": 1.0}
    assert forwards.veto(TASK, ANALYSIS, models) == backwards.veto(TASK, ANALYSIS, models) == {"m": "a: tired; b: old"}


def test_a_score_that_is_no_number_counts_as_a_fault(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("nan", score_models=lambda: {"m": float("nan"), "n": 1.0})])
    assert plugins.score(TASK, ANALYSIS, []) == {}
    assert plugins.guard.faults[0].plugin == "nan"


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ("register_providers", ["x"]),
        ("register_verbs", {"a": 1}),
        ("register_intents", "abc"),
        ("register_middleware", [object()]),
        ("register_settings", [1]),
        ("register_middleware", [Middleware]),
        ("classify_task", "coding"),
        ("classify_task", Intent(name=None, role="coding")),  # type: ignore[arg-type]
        ("score_models", "high"),
        ("score_models", {"m": 10**400}),
    ],
)
def test_a_wrong_answer_is_a_fault_with_a_name(make_plugin: Make, hook: str, answer: object) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", **{hook: lambda: answer})])
    ask: dict[str, Callable[[], object]] = {
        "register_providers": lambda: plugins.providers,
        "register_verbs": lambda: plugins.verbs,
        "register_intents": lambda: plugins.intents,
        "register_middleware": lambda: plugins.middleware,
        "register_settings": lambda: plugins.settings_layers("local"),
        "classify_task": lambda: plugins.classify(TASK, ANALYSIS),
        "score_models": lambda: plugins.score(TASK, ANALYSIS, []),
    }
    assert not ask[hook]()
    assert [(fault.plugin, fault.hook) for fault in plugins.guard.faults] == [("odd", hook)]


def test_a_wrong_veto_refuses_the_task(make_plugin: Make) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", veto_models=lambda: ["a"])])
    with pytest.raises(PluginBrokenError, match="plugin 'odd' failed in veto_models"):
        plugins.veto(TASK, ANALYSIS, [])


@pytest.mark.parametrize(
    ("wrong", "word"),
    [({"reasons": "one"}, "reasons"), ({"reasons": (1,)}, "reasons"), ({"private": "no"}, "private")],
)
def test_a_wrong_limit_refuses_the_task_and_says_what_is_wrong(
    make_plugin: Make, wrong: dict[str, Any], word: str
) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("odd", constrain_task=lambda: Constraint(**wrong))])
    with pytest.raises(PluginBrokenError, match="plugin 'odd' failed in constrain_task"):
        plugins.constrain(TASK, ANALYSIS)
    assert word in plugins.guard.faults[0].error


def test_the_largest_scores_can_be_summed(make_plugin: Make) -> None:
    extra = [make_plugin(name, score_models=lambda: {"m": 1e300, "n": -1e300}) for name in ("a", "b")]
    assert Plugins(discover=False, extra=extra).score(TASK, ANALYSIS, []) == {"m": 2e300, "n": -2e300}
    extra = [make_plugin(name, score_models=lambda: {"m": 1.7e308}) for name in ("a", "b")]
    assert Plugins(discover=False, extra=extra).score(TASK, ANALYSIS, []) == {}
