"""Which limits a task brings, and which models they rule out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurarouter_core import privacy
from aurarouter_core.provider_class import missing_provider
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import Constraint, Location, Model, Task
from aurarouter_hooks.values.texts import media_in

NO_LIMITS = Constraint()


def held(task: Task, snapshot: Snapshot, known: Constraint | None) -> Constraint:
    """The limits that hold before a task is decided: those that are known already, and its app's.

    Raises:
        PluginBrokenError: A plugin that limits apps failed.
    """
    limits = known or NO_LIMITS
    return limits | snapshot.limits_of(task.app) if task.app else limits


def wanted(task: Task) -> Constraint:
    """The limits that the task itself asks for."""
    needs = {"tools"} if task.tools else set()
    if task.messages and any(media.media_type.lower().startswith("image/") for media in media_in(task.messages)):
        needs.add("vision")
    if task.mode == "embed":
        needs.add("embed")
    if not (needs or task.private or task.here or task.tags):
        return NO_LIMITS
    reasons = []
    if task.private:
        reasons.append("declared private")
    if task.here:
        reasons.append("only this machine was asked for")
    if task.tags:
        reasons.append(f"tags asked for: {', '.join(sorted(task.tags))}")
    if needs:
        reasons.append(f"the prompt needs {', '.join(sorted(needs))}")
    return Constraint(
        private=task.private, here=task.here, tags=task.tags, capabilities=frozenset(needs), reasons=tuple(reasons)
    )


def refusals(
    models: Sequence[Model], constraint: Constraint, snapshot: Snapshot, locations: Mapping[str, Location]
) -> dict[str, str]:
    """Why models may not have the task, or can't do it."""
    refused: dict[str, str] = {}
    for model in models:
        reason = unfit(model, constraint, snapshot) or privacy.refusal(model, constraint, locations.get(model.id))
        if reason is not None:
            refused[model.id] = reason
    return refused


def unfit(model: Model, constraint: Constraint, snapshot: Snapshot) -> str | None:
    """Why a model can't do this task wherever it runs; None when it can."""
    if model.provider not in snapshot.plugins.providers:
        return missing_provider(model.provider, snapshot.plugins)
    if not constraint.allows_model(model.id):
        return "it is not among the models allowed for this task"
    if not constraint.tags <= model.tags:
        return f"it lacks the tag {', '.join(sorted(constraint.tags - model.tags))}"
    names = model.capabilities.names
    if names is not None and not constraint.capabilities <= names:
        return f"it can't do {', '.join(sorted(constraint.capabilities - names))}"
    length = model.capabilities.context_length
    if length is not None and constraint.min_context > length:
        return f"its context holds {length} tokens, {constraint.min_context} are needed"
    return None
