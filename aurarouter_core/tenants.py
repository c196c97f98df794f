"""Who shares the memory of local models, a place there for each user, and what is said when there is none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from attrs import Factory, define

from aurarouter_core.amounts import written
from aurarouter_hooks import Model, Provider, ProviderUnavailableError

log = logging.getLogger(__name__)


@define(eq=False)
class Tenant:
    """A provider that holds its model in memory once it is loaded.

    Attributes:
        model: The model as its provider has it.
        idle_unload: Seconds without use after which it is unloaded; None for never.
        discard: Closes the provider.
        held: Its memory is reserved.
        users: How many may be using it now.
        last_used: When the last of them was done.
        leaving: It is being unloaded.
        timer: Unloads it when it is not used for long.
    """

    model: Model
    provider: Provider
    idle_unload: float | None
    discard: Callable[[], None]
    held: bool = False
    users: int = 0
    last_used: float = 0.0
    leaving: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Bytes; what is not known counts as nothing."""
        return self.model.memory or 0

    @property
    def idle(self) -> bool:
        """It could be unloaded."""
        return self.held and not self.users and self.leaving is None

    def is_empty(self) -> bool:
        """It holds nothing: loading failed, was never begun, or what it had loaded crashed."""
        try:
            return self.provider.loaded() is False
        except Exception as error:
            log.warning("%r can't say whether its model is loaded", self.provider, exc_info=error)
            return False


@define(eq=False)
class Place:
    """One user's place: in the queue first, then at the model.

    Attributes:
        granted: The model may be loaded and used.
        refusal: Why it never will be.
        words: What it waits for.
        unloaded: Models that had to go for it.
    """

    tenant: Tenant
    granted: bool = False
    refusal: ProviderUnavailableError | None = None
    words: str = ""
    unloaded: list[str] = Factory(list)
    news: asyncio.Event = Factory(asyncio.Event)


def unavailable(model: Model, words: str, hint: str = "") -> ProviderUnavailableError:
    """The error of a model that there is no memory for."""
    return ProviderUnavailableError(words, provider=model.provider, model=model.id, hint=hint)


def too_large(model: Model, allowed: int, setting: str) -> ProviderUnavailableError:
    """It can never be loaded."""
    return unavailable(
        model,
        f"it needs {written(model.memory or 0)} of memory, and system.memory ({setting}) allows "
        f"{written(allowed)} for all models together",
        "Raise system.memory, give it less context, or use a smaller model.",
    )


def names(tenants: Iterable[Tenant]) -> str:
    """Whose they are, for people."""
    return ", ".join(sorted(f"'{tenant.model.id}'" for tenant in tenants))


def in_vain(tenant: Tenant, holders: Iterable[Tenant], allowed: int) -> ProviderUnavailableError:
    """It waited too long."""
    held = ", ".join(f"{one.model.id} {written(one.size)}" for one in holders) or "nobody"
    return unavailable(
        tenant.model,
        f"there was no memory for it in time: it needs {written(tenant.size)} of {written(allowed)}, "
        f"and others hold it ({held})",
        "Try again, raise system.memory, or give it less context.",
    )
