"""What a conversation must know before it asks: whether it is private, how much the model takes, who condenses."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from aurarouter_core.located import located
from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import AuraRouterError, Decision, Task

log = logging.getLogger(__name__)
SUMMARISES = "summarization"
"""The role that condenses, where it is configured."""


async def outlook(task: Task, snapshot: Snapshot, pool: ModelPool, *, cut: bool) -> Mapping[str, Any]:
    """See `Router.outlook`."""
    decision = await located(task, snapshot, pool, cut=cut)
    role = snapshot.config.roles.get(SUMMARISES)
    return {
        "private": decision.constraint.private,
        "context_length": await _context(decision, snapshot, pool),
        "condenses": SUMMARISES if role is not None and role.models else "",
    }


async def _context(decision: Decision, snapshot: Snapshot, pool: ModelPool) -> int | None:
    for name in decision.chain[:1]:
        model, entry = snapshot.models[name], snapshot.config.models[name]
        if model.capabilities.context_length is not None:
            return model.capabilities.context_length
        try:
            async with pool.borrow(model, entry, snapshot.plugins) as provider:
                return provider.capabilities().context_length
        except AuraRouterError as error:
            log.debug("the context of model '%s' is unknown: %s", name, error)
    return None
