"""Models that take part in sharing memory, without any memory: they know whether they are loaded, and by whom used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from aurarouter_core.amounts import Amount
from aurarouter_core.config import System
from aurarouter_core.memory import Memory
from aurarouter_core.tenants import Tenant
from aurarouter_hooks import Model, Prompt, Provider, Reply


class Resident(Provider):
    """Loads when it is used, and notices when it is unloaded while it is."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(Model(id=name, provider="resident", memory=size))
        self.here = False
        self.users = self.loads = self.unloads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def generate(self, prompt: Prompt) -> Reply:
        raise NotImplementedError

    def use(self) -> None:
        """Somebody has it now."""
        self.users += 1
        self.loads += not self.here
        self.here = True

    async def unload(self) -> None:
        assert not self.users, "it is in use"
        await self.gate.wait()
        assert not self.users, "it is in use"
        if self.failure:
            raise self.failure
        self.unloads += self.here
        self.here = False

    def loaded(self) -> bool:
        return self.here


class House:
    """A memory of so many bytes and its tenants."""

    def __init__(self, allowed: int | str) -> None:
        self.memory = Memory(free=lambda: 1000)
        self.memory.follow(System(memory=Amount(allowed)))
        self.providers: dict[str, Resident] = {}
        self.tenants: dict[str, Tenant] = {}
        self.said: list[str] = []
        self.discarded: list[str] = []

    def add(self, name: str, size: int, idle_unload: float | None = None) -> Resident:
        """A further model."""
        provider = self.providers[name] = Resident(name, size)

        def discard() -> None:
            self.discarded.append(name)

        self.tenants[name] = self.memory.tenant(provider, idle_unload, discard)
        return provider

    @asynccontextmanager
    async def using(self, name: str, within: float | None = 10) -> AsyncIterator[Resident]:
        """A place at the model, as an attempt gets it."""
        until = None if within is None else asyncio.get_running_loop().time() + within
        place = self.memory.enter(self.tenants[name])
        try:
            async with aclosing(self.memory.granted(place, until)) as waiting:
                async for progress in waiting:
                    self.said.append(progress.what)
            provider = self.providers[name]
            provider.use()
            try:
                yield provider
            finally:
                provider.users -= 1
        finally:
            self.memory.leave(place)

    @property
    def here(self) -> str:
        """The models that are loaded."""
        return "".join(sorted(name for name, provider in self.providers.items() if provider.here))


async def settled() -> None:
    """Lets what was begun come to its end."""
    for _ in range(20):
        await asyncio.sleep(0)
