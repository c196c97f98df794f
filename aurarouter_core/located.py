"""Decides with the models asked where they run first, wherever that matters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aurarouter_core.decide import decide
from aurarouter_core.fitness import NO_LIMITS
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.wallet import doubtful
from aurarouter_hooks import Constraint, Decision, Model, ProviderTimeoutError, Task


async def located(
    task: Task,
    snapshot: Snapshot,
    pool: ModelPool,
    limits: Constraint = NO_LIMITS,
    opinion: str = "",
    *,
    cut: bool = False,
) -> Decision:
    """A task's decision within limits that hold already; `opinion` and `cut` as for `decide`.

    Raises:
        As `decide`.
    """

    def decided() -> Decision:
        said = affordable(task, snapshot, pool)
        return decide(task, snapshot, pool.locations, pool.states.refusals(), limits, opinion, afford=said, cut=cut)

    decision = decided()
    constraint = decision.constraint
    confined = constraint.private or constraint.here
    if not confined and not snapshot.config.budget.binds(task.app):
        return decision
    models: Sequence[Model] = [snapshot.models[name] for name in (*decision.chain, *decision.vetoes)]
    if not confined:
        models = doubtful(models, pool.locations)
    there = [model for model in models if model.provider in snapshot.plugins.providers]
    if not there:
        return decision
    entries = snapshot.config.models
    await asyncio.gather(*(pool.where(model, entries[model.id], snapshot.plugins) for model in there))
    return decided()


def affordable(task: Task, snapshot: Snapshot, pool: ModelPool) -> Callable[[Model], str | None] | None:
    """Says why the budget rules out a model; None where none is set for the task."""
    budget = snapshot.config.budget
    if not budget.binds(task.app):
        return None
    return lambda model: pool.wallet.refusal(budget, task.app, model, pool.locations.get(model.id))


async def located_by(
    deadline: float | None, task: Task, snapshot: Snapshot, pool: ModelPool, limits: Constraint
) -> Decision:
    """The same, at the latest at this time of the event loop.

    Raises:
        ProviderTimeoutError: It took longer; and as `decide`.
    """
    if deadline is None:
        return await located(task, snapshot, pool, limits)
    try:
        async with asyncio.timeout_at(deadline) as clock:
            return await located(task, snapshot, pool, limits)
    except TimeoutError as error:
        if not clock.expired() or task.deadline is None:
            raise
        words = "the task's deadline passed before it was decided"
        raise ProviderTimeoutError(words, after=task.deadline) from error
