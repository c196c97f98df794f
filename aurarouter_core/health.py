"""How each model is, asked of its provider now."""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Mapping

from aurarouter_core import assets, install
from aurarouter_core.cancelled import told_truly
from aurarouter_core.models import ModelPool
from aurarouter_core.provider_class import missing_provider
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import AuraRouterError, Health, ProviderAuthError
from aurarouter_hooks.imports import within

TIMEOUT = 5.0
LOOK_EVERY = 1.0
"""Seconds between two looks at a model that many wait for."""
log = logging.getLogger(__name__)


async def check(snapshot: Snapshot, pool: ModelPool) -> Mapping[str, Health]:
    """Ask all models at once; one that does not say within 5 s, imports apart, is down."""
    names = list(snapshot.models)
    states = await asyncio.gather(*(look(name, snapshot, pool, always=True) for name in names))
    return {name: state or Health() for name, state in zip(names, states, strict=True)}


async def look(name: str, snapshot: Snapshot, pool: ModelPool, *, always: bool = False) -> Health | None:
    """Ask one model how it is, for all who want to know. What attempts have shown counts as well.

    The answer of one that is configured otherwise by now says nothing about how that is.

    Args:
        always: Ask even if somebody has just asked; else None then.
    """
    state = pool.states.state(name)
    if state is None:
        return await _asked(name, snapshot, pool)
    if not always and state.looked + LOOK_EVERY > state.clock():
        return None
    state.looked = state.clock()
    health = await _asked(name, snapshot, pool)
    if not pool.in_force(snapshot.models[name], snapshot.config.models[name]):
        return health
    state.saw(health)
    return state.health(health)


async def _asked(name: str, snapshot: Snapshot, pool: ModelPool) -> Health:
    model, entry = snapshot.models[name], snapshot.config.models[name]
    if model.provider not in snapshot.plugins.providers:
        return Health(
            state="misconfigured",
            detail=missing_provider(model.provider, snapshot.plugins),
            hint=install.install_hint(model.provider),
        )
    if entry.unset:
        return Health(
            state="misconfigured", detail="; ".join(entry.unset), hint="Set it, or correct the model's entry."
        )
    try:
        missing = _missing_file(name, snapshot, pool)
        if missing is not None:
            return missing
        async with pool.borrow(model, entry, snapshot.plugins) as provider, within(TIMEOUT):
            with told_truly():
                health = await provider.health()
            if not isinstance(health, Health):
                raise TypeError(f"health() must give a Health, not {type(health).__name__}")
            return health
    except TimeoutError:
        return Health(state="down", detail=f"no answer to the health check within {TIMEOUT:g} s")
    except ProviderAuthError as error:
        return Health(state="misconfigured", detail=str(error), hint=error.hint)
    except AuraRouterError as error:
        return Health(state="down", detail=str(error), hint=error.hint)
    except Exception as error:
        log.warning("the health check of model '%s' failed", name, exc_info=error)
        return Health(state="down", detail=f"its provider failed with {type(error).__name__}")


def _missing_file(name: str, snapshot: Snapshot, pool: ModelPool) -> Health | None:
    """How a model is whose file is not here; None when it needs none or has it."""
    entry = snapshot.config.models[name]
    if pool.file(entry) is not None:
        return None
    if entry.model_path:
        return Health(
            state="misconfigured",
            detail=f"there is no file at {entry.model_path}",
            hint=f"Correct models.{name}.model_path.",
        )
    if entry.asset is None:
        return None
    pool.sources(snapshot.plugins).kind(name, assets.spec_of(entry.asset))
    return Health(
        state="cold", detail=f"its file is not here yet; to fetch it: aurarouter model pull {shlex.quote(name)}"
    )
