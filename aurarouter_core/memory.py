"""The memory that local models share: it is reserved before a model loads, and kept while anybody uses it.

A model whose memory doesn't fit takes the place of idle ones, the least recently used first. When that is not enough it
waits, and whoever comes later waits behind it, also for a model that is there: otherwise a busy model could keep the
others out for ever. Whoever waits for the same model is let in together.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable

from aurarouter_core.amounts import Amount, written
from aurarouter_core.config import System
from aurarouter_core.free_memory import free_memory
from aurarouter_core.tenants import Place, Tenant, in_vain, names, too_large, unavailable
from aurarouter_hooks import Progress, Provider, ProviderUnavailableError

log = logging.getLogger(__name__)
UNLOADING = 60.0
"""Seconds that unloading may take; a provider that takes longer is closed."""


class Memory:
    """Who holds how much of what is allowed.

    Args:
        free: Bytes that are free on this machine; None when nobody knows.
    """

    def __init__(self, free: Callable[[], int | None] = free_memory) -> None:
        self._free = free
        self._system = System()
        self._allowed: int | None = None
        self._tenants: set[Tenant] = set()
        self._queue: deque[Place] = deque()

    def follow(self, system: System) -> None:
        """These settings hold from now on. Nothing that is loaded has to go at once."""
        self._system = system
        self._allowed = None
        self._serve()

    def tenant(self, provider: Provider, idle_unload: float | None, discard: Callable[[], None]) -> Tenant:
        """Take a provider in."""
        return Tenant(provider.model, provider, idle_unload, discard)

    @property
    def idle_unload(self) -> float | None:
        """Seconds after which a model is unloaded that says nothing of its own; None for never."""
        return self._system.idle_unload

    @property
    def reserved(self) -> int:
        """Bytes that are reserved now."""
        return sum(tenant.size for tenant in self._tenants)

    def holds(self, model_id: str) -> bool:
        """Whether a model of this id is in memory, or is being loaded or unloaded."""
        return any(tenant.model.id == model_id for tenant in self._tenants)

    def allowed(self) -> int | None:
        """Bytes that models may take together; None for no limit. A share is measured while no model is loaded."""
        amount: Amount = self._system.memory
        if not self._tenants or self._allowed is None:
            free = self._free()
            self._allowed = amount.bytes(None if free is None else free + self.reserved)
        return self._allowed

    def enter(self, tenant: Tenant) -> Place:
        """Ask for a place; `leave` it in any case."""
        place = Place(tenant)
        self._queue.append(place)
        self._serve()
        if not place.granted and not place.words:
            place.words = f"waiting for memory for '{tenant.model.id}', behind others"
        return place

    async def granted(self, place: Place, until: float | None) -> AsyncGenerator[Progress]:
        """Wait for the place; tells what for.

        Args:
            place: From `enter`.
            until: A time of the event loop.

        Raises:
            ProviderUnavailableError: It is not granted by then, or never will be.
        """
        told = ""
        while not place.granted:
            if place.refusal is not None:
                raise place.refusal
            if place.words != told:
                told = place.words
                yield Progress(what=told)
                continue
            place.news.clear()
            try:
                async with asyncio.timeout_at(until) as clock:
                    await place.news.wait()
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise in_vain(place.tenant, self._tenants, self.allowed() or 0) from error

    def leave(self, place: Place) -> None:
        """Give a place up, or back."""
        tenant = place.tenant
        if place.granted:
            place.granted = False
            tenant.users -= 1
            tenant.last_used = time.monotonic()
            if not tenant.users:
                self._rest(tenant)
        elif place in self._queue:
            self._queue.remove(place)
        self._serve()

    def gone(self, tenant: Tenant) -> None:
        """Its provider is closed."""
        self._release(tenant)
        for place in [place for place in self._queue if place.tenant is tenant]:
            self._refuse(place, unavailable(tenant.model, "the model was closed while it waited for memory"))
        self._serve()

    def _rest(self, tenant: Tenant) -> None:
        """Nobody uses it now."""
        if tenant.held and tenant.leaving is None and tenant.is_empty():
            self._release(tenant)
        elif tenant.held and tenant.idle_unload is not None:
            loop = asyncio.get_running_loop()
            tenant.timer = loop.call_later(tenant.idle_unload, self._bored, tenant)

    def _bored(self, tenant: Tenant) -> None:
        if tenant.idle:
            log.info("unloading '%s': it was not used for %g s", tenant.model.id, tenant.idle_unload)
            self._unload(tenant)

    def _serve(self) -> None:
        """Give places to those who wait, in their order, until one of them has to wait on."""
        while self._queue and self._served(self._queue[0]):
            pass

    def _served(self, place: Place) -> bool:
        tenant, allowed = place.tenant, self.allowed()
        if tenant.leaving is None and not tenant.held and allowed is not None:
            if tenant.size > allowed:
                self._refuse(place, too_large(tenant.model, allowed, self._system.memory))
                return True
            lacking = self.reserved + tenant.size - allowed
            if lacking > 0:
                self._make_room(place, lacking)
                return False
        if tenant.leaving is not None:
            self._tell(place, f"waiting until '{tenant.model.id}' is unloaded, to load it again")
            return False
        if tenant.timer is not None:
            tenant.timer.cancel()
            tenant.timer = None
        self._tenants.add(tenant)
        tenant.held = True
        for one in [one for one in self._queue if one.tenant is tenant]:  # all who wait for it now, to load it once
            self._queue.remove(one)
            one.granted = True
            tenant.users += 1
            one.news.set()
        return True

    def _make_room(self, place: Place, lacking: int) -> None:
        """Unload idle models, and say who else is in the way."""
        name = place.tenant.model.id
        lacking -= sum(tenant.size for tenant in self._tenants if tenant.leaving is not None)
        for tenant in sorted((tenant for tenant in self._tenants if tenant.idle), key=lambda one: one.last_used):
            if lacking <= 0:
                break
            lacking -= tenant.size
            place.unloaded.append(tenant.model.id)
            log.info(
                "making room for '%s' (%s): unloading '%s' (%s)",
                name, written(place.tenant.size), tenant.model.id, written(tenant.size),
            )  # fmt: skip
            self._unload(tenant)
        leaving = names(tenant for tenant in self._tenants if tenant.leaving is not None)
        busy = names(tenant for tenant in self._tenants if tenant.users)
        if lacking > 0:
            self._tell(place, f"waiting for memory for '{name}': {busy} is in use")
        else:
            self._tell(place, f"making room for '{name}': unloading {leaving}")

    def _tell(self, place: Place, words: str) -> None:
        place.words = words
        place.news.set()

    def _refuse(self, place: Place, why: ProviderUnavailableError) -> None:
        self._queue.remove(place)
        place.refusal = why
        place.news.set()

    def _unload(self, tenant: Tenant) -> None:
        tenant.leaving = asyncio.get_running_loop().create_task(self._unloaded(tenant))

    async def _unloaded(self, tenant: Tenant) -> None:
        try:
            async with asyncio.timeout(UNLOADING):
                await tenant.provider.unload()
        except Exception as error:
            log.warning("'%s' can't be unloaded and is closed", tenant.model.id, exc_info=error)
            tenant.discard()  # its memory counts until that is done
        else:
            self._release(tenant)
            self._serve()

    def _release(self, tenant: Tenant) -> None:
        self._tenants.discard(tenant)
        tenant.held, tenant.leaving = False, None
        if tenant.timer is not None:
            tenant.timer.cancel()
            tenant.timer = None
