"""Decides with the models asked where they run first, wherever that matters."""

from __future__ import annotations

import asyncio

from aurarouter_core.decide import NO_LIMITS, decide
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import Constraint, Decision, ProviderTimeoutError, Task


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
    decision = decide(task, snapshot, pool.locations, pool.states.refusals(), limits, opinion, cut=cut)
    constraint = decision.constraint
    if constraint.private or constraint.here:
        models = [snapshot.models[name] for name in (*decision.chain, *decision.vetoes)]
        there = [model for model in models if model.provider in snapshot.plugins.providers]
        entries = snapshot.config.models
        await asyncio.gather(*(pool.where(model, entries[model.id], snapshot.plugins) for model in there))
        decision = decide(task, snapshot, pool.locations, pool.states.refusals(), limits, opinion, cut=cut)
    return decision


async def located_by(
    deadline: float | None, task: Task, snapshot: Snapshot, pool: ModelPool, limits: Constraint
) -> Decision:
    """The same, at the latest at this time of the event loop.

    Raises:
        ProviderTimeoutError: It took longer; and as `decide`.
    """
    try:
        async with asyncio.timeout_at(deadline) as clock:
            return await located(task, snapshot, pool, limits)
    except TimeoutError as error:
        if not clock.expired() or task.deadline is None:
            raise
        words = "the task's deadline passed before it was decided"
        raise ProviderTimeoutError(words, after=task.deadline) from error
