"""The snapshot in force, and how it is swapped for a new one: one change at a time, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from aurarouter_core.config import Config, Request
from aurarouter_core.plugins import Plugins
from aurarouter_core.snapshot import Snapshot, load
from aurarouter_hooks import ConfigError


class LiveSnapshot:
    """Holds the state that new tasks run on; running tasks keep the one that they began with.

    Attributes:
        current: The snapshot in force.
    """

    def __init__(self, config: Config, plugins: Plugins) -> None:
        self.current = Snapshot.of(config, plugins)
        self._plugins = plugins
        self._changing = asyncio.Lock()

    async def reload(self) -> frozenset[str]:
        """Read the configuration again and swap to it; the ids of models that have changed.

        Raises:
            ConfigError: It is not valid, or was not read from anywhere; the old one stays in force.
        """
        async with self._changing:
            return await self._swap(self._request())

    async def set_layer(self, plugin: str, settings: Mapping[str, Any]) -> frozenset[str]:
        """Replace a plugin's settings layer; the ids of models that have changed.

        Raises:
            ConfigError: The result is not valid; the old layer stays in force.
        """
        async with self._changing:
            before = self._request()
            kept = tuple(layer for layer in before.layers if layer[0] != plugin)
            return await self._swap(evolve(before, layers=((plugin, settings), *kept)))

    def _request(self) -> Request:
        request = self.current.config.request
        if request is None:
            raise ConfigError(
                "this configuration was put together by a program and can't be read again",
                hint="Make it with load_config().",
            )
        return request

    async def _swap(self, request: Request) -> frozenset[str]:
        config = await asyncio.to_thread(load, self._plugins, request)
        old, self.current = self.current, Snapshot.of(config, self._plugins)
        before = old.config.models
        return frozenset(name for name, entry in before.items() if config.models.get(name) != entry)
