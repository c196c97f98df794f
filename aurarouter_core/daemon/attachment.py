"""A client's hold on the engine of its configuration: connected when needed, to a new one where the old one is gone."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aurarouter_core.daemon.connection import Connection
from aurarouter_core.daemon.frames import EngineLostError
from aurarouter_core.daemon.identity import Identity
from aurarouter_core.daemon.place import Place
from aurarouter_hooks import DaemonError

log = logging.getLogger(__name__)
TRIES = 3
"""How often an engine that is just ending is met before that is an error."""


class Attachment:
    """Connects, and does it again.

    Args:
        identity: Which engine.
        surface: Who works with it.
    """

    def __init__(self, identity: Identity, surface: str) -> None:
        self.place = Place.of(identity.home, identity.key)
        self.surface = surface
        self._identity = identity
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    async def connect(self, *, starts: bool) -> bool:
        """Connect to the engine; False when none runs and none is to be started.

        Raises:
            DaemonError: It can't be reached or started.
            AuraRouterError: What a new engine has to say: its configuration can't be used …
        """
        async with self._connecting:
            for _ in range(TRIES):
                if self._connection is not None and self._connection.lost is None:
                    return True
                self._connection = await Connection.open(self.place, self.surface)
                if self._connection is not None:
                    if problem := self._connection.greeting.get("problem"):
                        log.warning("the shared engine goes on as before, its configuration has a fault: %s", problem)
                    return True
                if not starts:
                    return False
                await asyncio.to_thread(self._start)
        raise EngineLostError("the shared engine ends as soon as it is started", hint=f"See {self.place.log}.")

    def _start(self) -> None:
        from aurarouter_core.daemon.start import start  # mostly one runs already

        start(self._identity)

    async def _connected(self) -> Connection:
        await self.connect(starts=True)
        assert self._connection is not None  # noqa: S101 - connect() has just made sure
        return self._connection

    async def until_lost(self) -> DaemonError:
        """Wait until the engine that is connected now is gone; why. The next call starts another."""
        return await (await self._connected()).until_lost()

    async def aclose(self) -> None:
        """Leave the engine; it goes on for others."""
        if self._connection is not None:
            await self._connection.aclose()

    async def _ask(self, method: str, *arguments: Any) -> Any:
        """One answer; from a new engine where the old one is gone before it could give one."""
        try:
            return await (await self._connected()).ask(method, *arguments)
        except EngineLostError:
            return await (await self._connected()).ask(method, *arguments)
