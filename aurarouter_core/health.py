"""How each model is, asked of its provider now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from aurarouter_core.models import ModelPool, missing_provider
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import AuraRouterError, Health, ProviderAuthError

TIMEOUT = 5.0
log = logging.getLogger(__name__)


async def check(snapshot: Snapshot, pool: ModelPool) -> Mapping[str, Health]:
    """Ask all models at once; one that does not say within 5 s is down."""
    names = list(snapshot.models)
    states = await asyncio.gather(*(_one(name, snapshot, pool) for name in names))
    return dict(zip(names, states, strict=True))


async def _one(name: str, snapshot: Snapshot, pool: ModelPool) -> Health:
    model, entry = snapshot.models[name], snapshot.config.models[name]
    if model.provider not in snapshot.plugins.providers:
        return Health(state="misconfigured", detail=missing_provider(model.provider, snapshot.plugins))
    try:
        if entry.asset and not entry.model_path and pool.file(entry) is None:
            return Health(state="cold", detail=f"its file is not here yet; 'aurarouter model pull {name}' fetches it")
        async with pool.borrow(model, entry, snapshot.plugins) as provider, asyncio.timeout(TIMEOUT):
            return await provider.health()
    except TimeoutError:
        return Health(state="down", detail=f"no answer to the health check within {TIMEOUT:g} s")
    except ProviderAuthError as error:
        return Health(state="misconfigured", detail=str(error))
    except AuraRouterError as error:
        return Health(state="down", detail=str(error))
    except Exception as error:
        log.warning("the health check of model '%s' failed", name, exc_info=error)
        return Health(state="down", detail=f"its provider failed with {type(error).__name__}")
