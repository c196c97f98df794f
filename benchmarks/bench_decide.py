"""How long a decision takes: five models in the chain, without plugins and with three that limit, veto and rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from types import SimpleNamespace

import pluggy
from measure import Report, arguments, medians

from aurarouter_core import Plugins, Router, Task, hotpath
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Constraint, Decision, Model, Prompt, Provider, Reply, hookimpl

PROMPT = (
    "Write a Python function that reads a CSV file of orders, groups them by customer, and returns the three customers "
    "with the largest total. Keep it short, and explain the tricky parts in one line each."
)
SETTINGS = {
    "models": {f"model-{number}": {"provider": "instant", "tags": ["fast"]} for number in range(5)},
    "roles": {role: [f"model-{number}" for number in range(5)] for role in ("coding", "reasoning")},
}
STAGES = 2000  # decisions whose stages are looked at


class Instant(Provider):
    """Never asked: a decision calls no model."""

    async def generate(self, prompt: Prompt) -> Reply:
        """Say it back."""
        return Reply(text=prompt.text)


def plugin(number: int) -> object:
    """A plugin that has something to say about every task."""

    @hookimpl
    def constrain_task(task: Task) -> Constraint | None:
        return Constraint(private=True) if task.app == "payroll" else None

    @hookimpl
    def veto_models(task: Task, models: Sequence[Model]) -> Mapping[str, str]:
        return {model.id: "too dear" for model in models if model.price and model.price.output > 1}

    @hookimpl
    def score_models(models: Sequence[Model]) -> Mapping[str, float]:
        return {model.id: float(number) for model in models if "fast" in model.tags}

    hooks = {"constrain_task": constrain_task, "veto_models": veto_models, "score_models": score_models}
    return SimpleNamespace(__name__=f"opinion-{number}", **hooks)


def router(opinions: int) -> Router:
    """A router with so many plugins besides the one that brings the provider."""
    instant = SimpleNamespace(__name__="instant", register_providers=hookimpl(lambda: {"instant": Instant}))
    plugins = Plugins(discover=False, extra=[instant, *(plugin(number) for number in range(opinions))])
    return Router(build(Layers.of(SETTINGS, plugins.sections)), plugins)


def empty_hook() -> pluggy.HookCaller:
    """The yardstick: a hook of pluggy with one implementation that does nothing."""
    manager = pluggy.PluginManager("yardstick")
    spec, impl = pluggy.HookspecMarker("yardstick"), pluggy.HookimplMarker("yardstick")
    manager.add_hookspecs(type("Specs", (), {"nothing": spec(lambda: None)}))
    manager.register(SimpleNamespace(nothing=impl(lambda: None)))
    caller: pluggy.HookCaller = manager.hook.nothing
    return caller


def main() -> None:
    title = f"decide, {len(PROMPT)} characters, 5 models in the chain, analyser: {hotpath.IMPLEMENTATION}"
    options = arguments(title).parse_args()
    task = Task(PROMPT)
    alone, advised, empty = router(0), router(3), empty_hook()
    took = medians(
        {
            "empty": empty,
            "analyse": lambda: hotpath.analyse(PROMPT),
            "alone": lambda: alone.decide(task),
            "advised": lambda: advised.decide(task),
        }
    )
    report = Report(title, "an empty pluggy call in the same run")
    against = took["empty"] * 1e6
    report.add("empty pluggy call", against, "µs", against=against)
    report.add("analyse alone, as the Python call", took["analyse"] * 1e6, "µs", against=against, budget="10 µs")
    report.add("decide, no plugins", took["alone"] * 1e6, "µs", against=against, budget="30 µs")
    report.add("decide, 3 plugins × 3 hooks", took["advised"] * 1e6, "µs", against=against, budget="30 µs")
    stages(report, "no plugins", [alone.decide(task) for _ in range(STAGES)])
    stages(report, "3 plugins", [advised.decide(task) for _ in range(STAGES)])
    report.finish(options.json)


def stages(report: Report, what: str, decisions: Sequence[Decision]) -> None:
    """Where the time goes, by the decisions' own account."""
    for number, stage in enumerate(decisions[0].stages):
        spent = median(decision.stages[number].microseconds for decision in decisions)
        report.add(f"  stage {stage.name}, {what}", spent, "µs")


if __name__ == "__main__":
    main()
