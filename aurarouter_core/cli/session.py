"""What a sub-command works with: plugins, configuration and router, each made when first asked for."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aurarouter_core.config import Config
from aurarouter_core.home import Home
from aurarouter_core.loading import load_config
from aurarouter_core.log_lines import to_stderr
from aurarouter_core.plugins import Plugins
from aurarouter_core.router import Router
from aurarouter_core.store import Store

if TYPE_CHECKING:
    from aurarouter_core.chat import Conversations
    from aurarouter_core.daemon.client import Attached
    from aurarouter_core.daemon.place import Place

log = logging.getLogger(__name__)


class Session:
    """One run of the command line."""

    def __init__(self, config_path: str | None) -> None:
        self._path = Path(config_path) if config_path else None
        to_stderr("%(levelname)s %(name)s: %(message)s")

    @classmethod
    def of(cls, context: click.Context) -> Session:
        """The session of this command."""
        return cls(context.find_root().obj)

    @cached_property
    def home(self) -> Home:
        """The user's folder."""
        return Home.of()

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins."""
        return Plugins()

    @cached_property
    def config(self) -> Config:
        """The configuration in force; `system.log_level` acts from here on."""
        config = load_config(self.plugins, path=self._path)
        self._apply(config)
        return config

    @staticmethod
    def _apply(config: Config) -> None:
        logging.getLogger().setLevel(config.system.log_level)

    @cached_property
    def store(self) -> Store:
        """Kept traces and faults."""
        return Store(self.home.store)

    @cached_property
    def conversations(self) -> Conversations:
        """Kept conversations."""
        from aurarouter_core.chat import Conversations

        return Conversations(self.home.conversations)

    @property
    def engines(self) -> list[Place]:
        """Where the shared engine of this configuration is, whether one runs or not; none when nobody can tell."""
        from aurarouter_core.daemon.control import place_of

        place, unreadable = place_of(self.plugins, self._path)
        if unreadable is not None:
            log.warning("%s; an engine that has the file goes on with what it read before", unreadable)
        return [place] if place is not None else []

    @asynccontextmanager
    async def kernel(self) -> AsyncGenerator[Attached | Router]:
        """The shared engine where one runs, else a router of our own."""
        from aurarouter_core.daemon.door import engine

        async with engine(self._path, self.plugins, {}, surface="cli", starts=False) as attached:
            if attached is not None:
                yield attached
                return
        async with self.router as router:
            yield router

    @cached_property
    def router(self) -> Router:
        """A router on this configuration."""
        config = self.config
        return Router(config, self.plugins, home=self.home, store=self.store, surface="cli", on_reload=self._apply)
