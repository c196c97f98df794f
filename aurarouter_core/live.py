"""The snapshot in force, and how it is swapped for a new one: one change at a time, whole or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from aurarouter_core.config import Config
from aurarouter_core.loading import load
from aurarouter_core.plugins import Plugins
from aurarouter_core.request import Request
from aurarouter_core.snapshot import Snapshot
from aurarouter_hooks import AuraRouterError, ConfigError

log = logging.getLogger(__name__)


class LiveSnapshot:
    """Holds the state that new tasks run on; running tasks keep the one that they began with.

    Attributes:
        current: The snapshot in force.
        problem: Why the last change was refused; None when it was not.
    """

    def __init__(self, config: Config, plugins: Plugins) -> None:
        self.current = Snapshot.of(config, plugins)
        self.problem: AuraRouterError | None = None
        self._plugins = plugins
        self._changing = asyncio.Lock()

    async def reload(self) -> None:
        """Read the configuration again and swap to it.

        Raises:
            ConfigError: It is not valid, was not read from anywhere, or its file is gone; the old one stays in force.
        """
        async with self._changing:
            await self._swap(self._request())

    async def set_layer(self, plugin: str, settings: Mapping[str, Any]) -> None:
        """Replace a plugin's settings layer.

        Raises:
            ConfigError: The result is not valid; the old layer stays in force.
        """
        async with self._changing:
            before = self._request()
            kept = tuple(layer for layer in before.layers if layer[0] != plugin)
            await self._swap(evolve(before, layers=((plugin, settings), *kept)))

    def _request(self) -> Request:
        request = self.current.config.request
        if request is None:
            raise ConfigError(
                "this configuration was put together by a program and can't be read again",
                hint="Make it with load_config().",
            )
        return request

    async def _swap(self, request: Request) -> None:
        try:
            made = await asyncio.to_thread(self._made, request)
        except AuraRouterError as error:
            self.problem = error
            raise
        except Exception as error:
            self.problem = ConfigError(f"reading the configuration failed with {type(error).__name__}")
            raise self.problem from error
        known = self.current.config.warnings
        for warning in made.config.warnings:
            if warning not in known:
                log.warning("%s", warning)
        self.current, self.problem = made, None

    def _made(self, request: Request) -> Snapshot:
        return Snapshot.of(load(self._plugins, request, self.current.config), self._plugins)
