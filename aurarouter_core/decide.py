"""From a task to a decision: analyse, classify, pick the role, constrain, veto, rank. No I/O, no model is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns

from attrs import evolve

from aurarouter_core import made
from aurarouter_core.fitness import NO_LIMITS, refusals, wanted
from aurarouter_core.length import length
from aurarouter_core.mode import chosen_mode
from aurarouter_core.plugin_words import PluginWords
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.spaces import EMBED, foreign, longest, makers
from aurarouter_hooks import (
    Analysis,
    Constraint,
    Decision,
    Intent,
    Location,
    Model,
    RoutingError,
    Stage,
    Task,
    UnknownIntentError,
    UnknownModelError,
    UnknownRoleError,
)

ROLE_THRESHOLD = 0.4
"""Below this probability the analyser's role counts as a guess, and the intent's own role is taken."""
PLANNER = "reasoning"
"""The role that makes plans, where it is configured."""
NOBODY: Mapping[str, str] = {}


class _Stages:
    """Collects what each step said and how long it took."""

    def __init__(self) -> None:
        self.done: list[Stage] = []
        self._since = perf_counter_ns()

    def add(self, name: str, outcome: str, score: float | None = None, threshold: float | None = None) -> None:
        now = perf_counter_ns()
        self.done.append(made.stage(name, outcome, score, threshold, (now - self._since) / 1000))
        self._since = now


def decide(
    task: Task,
    snapshot: Snapshot,
    locations: Mapping[str, Location],
    resting: Mapping[str, str] = NOBODY,
    limits: Constraint = NO_LIMITS,
    opinion: str = "",
    *,
    afford: Callable[[Model], str | None] | None = None,
    cut: bool = False,
) -> Decision:
    """Settle where a task may go, and in which order.

    Args:
        task: The task.
        snapshot: The state that it runs on.
        locations: Where models ran when last asked; a model that is not in it counts as remote.
        resting: Why models may not be asked now. They keep their place: they may be back when it is their turn.
        limits: What holds already, for a part of a larger task.
        opinion: The intent that a model named because the analyser wasn't sure.
        afford: Says why the budget rules out a model; None where none is set.
        cut: What is sent will be cut to what its models hold, so the task's length is no limit.

    Raises:
        UnknownModelError, UnknownRoleError, RoutingError: The caller asked for what is not configured.
        PluginBrokenError: A plugin that limits tasks failed; the task is refused.
        PrivacyError: A privacy rule blocks the task.
    """
    stages = _Stages()
    analysis = snapshot.analyser.analyse(task.question)
    stages.add("analyse", f"complexity {analysis.level} of 10", analysis.complexity)
    found = snapshot.inspector.task(task)
    stages.add("private", found.outcome)
    private = found.constraint()
    if found.question:
        analysis = evolve(analysis, findings=found.question)
    intent = _intent(task, analysis, snapshot, stages, opinion)
    mode = chosen_mode(task, intent, analysis, snapshot.config.plans)
    stages.add("mode", mode.outcome, mode.score, mode.threshold)
    role, chain = _chain(task, intent, analysis, snapshot, limits, stages, plans=mode.name == "plan")
    constraint = wanted(task)
    if limits is not NO_LIMITS:
        constraint = limits | constraint
    if private is not None:
        constraint |= private
    for more in snapshot.plugins.constrain(task, analysis):
        constraint |= more
    stages.add("constrain", "; ".join(constraint.reasons) or "no limits")
    models = [snapshot.models[name] for name in chain]
    limited = not cut and not snapshot.bounded.isdisjoint(chain)
    size = length(longest(task) if mode.name == "embed" else task) if limited else None
    strangers = foreign(chain, snapshot.config.models) if mode.name == "embed" else NOBODY
    vetoes: dict[str, str] = {}
    for needed in (size.most, size.least) if size else (0,):
        within = constraint | Constraint(min_context=needed) if needed else constraint
        vetoes = refusals(models, within, snapshot, locations)
        if len(vetoes) < len(models):
            break  # else those may try that perhaps have room
    constraint = within
    if not constraint.allows_role(role):
        vetoes = dict.fromkeys(chain, f"the role '{role}' is not among those allowed for this task")
    if strangers:
        vetoes = {**strangers, **vetoes}
    for name, said in snapshot.plugins.veto(task, analysis, models).items():
        if name in chain:
            vetoes.setdefault(name, said)
    broke: dict[str, str] = {}
    if afford is not None:
        asked = [model for model in models if model.id not in vetoes]
        broke = {model.id: why for model in asked if (why := afford(model)) is not None}
        vetoes |= broke
    left = [model for model in models if model.id not in vetoes]
    stages.add("filter", f"{len(left)} of {len(models)} models left")
    scores = snapshot.plugins.score(task, analysis, left)
    if scores:
        scores = {model.id: scores[model.id] for model in left if model.id in scores}
        left.sort(key=lambda model: -scores.get(model.id, 0.0))
    order = tuple([model.id for model in left])
    stages.add("rank", " > ".join(order) or "none")
    if resting:
        resting = {name: resting[name] for name in order if name in resting}
    return made.decision(
        task_id=task.id,
        mode=mode.name,
        analysis=analysis,
        intent=intent.name,
        role=role,
        chain=order,
        vetoes=vetoes,
        scores=scores,
        resting=resting,
        constraint=constraint,
        stages=tuple(stages.done),
        over_budget=tuple(broke),
    )


def unsure(decision: Decision) -> bool:
    """The intent is the analyser's guess, and not a good one."""
    stage = next((stage for stage in decision.stages if stage.name == "classify"), None)
    return (
        stage is not None and stage.score is not None and stage.threshold is not None and stage.score < stage.threshold
    )


def _intent(task: Task, analysis: Analysis, snapshot: Snapshot, stages: _Stages, opinion: str) -> Intent:
    if task.mode == "embed":
        if task.intent is not None:
            raise RoutingError("vectors are no matter of intent", hint="Name a model, or a role of such models.")
        stages.add("classify", f"{EMBED.name} (asked for)")
        return EMBED
    if task.intent is not None:
        chosen = snapshot.intents.get(task.intent)
        if chosen is None:
            raise UnknownIntentError(task.intent, sorted(snapshot.intents))
        stages.add("classify", f"{chosen.name} (asked for)")
        return chosen
    brought = snapshot.plugins.classify(task, analysis)
    if brought is not None:
        if brought.name not in snapshot.intents:
            brought = evolve(brought, name=PluginWords(brought.name))
        stages.add("classify", f"{brought.name} (a plugin's opinion)")
        return brought
    if opinion in snapshot.intents:
        stages.add("classify", f"{opinion} (a model was asked)")
        return snapshot.intents[opinion]
    for word, _ in analysis.verbs:
        if word in snapshot.named:
            name = snapshot.named[word]
            stages.add("classify", f"{name} (a synonym of it was found)")
            return snapshot.intents[name]
    limit = snapshot.config.system.ask_below
    guess = "" if analysis.confidence >= limit else " (not sure)"
    stages.add("classify", f"{analysis.intent}{guess}", analysis.confidence, limit)
    return snapshot.intents.get(analysis.intent) or Intent(name=analysis.intent)


def _chain(
    task: Task,
    intent: Intent,
    analysis: Analysis,
    snapshot: Snapshot,
    limits: Constraint,
    stages: _Stages,
    *,
    plans: bool,
) -> tuple[str, Sequence[str]]:
    config = snapshot.config
    if task.role is not None and task.role not in config.roles:
        raise UnknownRoleError(task.role, sorted(filter(limits.allows_role, config.roles)))
    if task.model is not None and task.model not in config.models:
        raise UnknownModelError(task.model, sorted(filter(limits.allows_model, config.models)))
    score: float | None = None
    if task.mode == "embed":
        role, chain = makers(task, config, limits)
        stages.add("role", f"{role} ({'asked for' if task.role else 'it makes vectors'})")
        return role, chain
    if task.role is not None:
        role, why = task.role, "asked for"
    elif plans and PLANNER in config.roles:
        role, why = PLANNER, "it makes the plan"
    elif intent.role and (intent.name != analysis.intent or intent.name in config.intents):
        role, why = intent.role, f"of intent {intent.name}"
    elif analysis.role and analysis.role_confidence >= ROLE_THRESHOLD:
        role, why, score = analysis.role, "of the wording", analysis.role_confidence
    elif intent.role:
        role, why, score = intent.role, f"of intent {intent.name}", analysis.role_confidence
    else:
        role, why, score = config.system.default_role, "the default", analysis.role_confidence
    if role not in config.roles:
        why = f"'{role}' is not configured"
        others = (intent.role, config.system.default_role, *config.roles)
        role = next((other for other in others if other in config.roles), "")
    stages.add("role", f"{role or 'none'} ({why})", score, ROLE_THRESHOLD if score is not None else None)
    if task.model is not None:
        return role, (task.model,)
    entry = config.roles.get(role)
    return role, tuple(dict.fromkeys(entry.models)) if entry else ()
