"""Answers what was asked before without asking a model again. What it needs is imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aurarouter_hooks import Middleware, hookimpl

if TYPE_CHECKING:
    import click

    from aurarouter_cache.layer import Answering


class Cache:
    """The plugin. Each router has one of its own; all of this user's share a file."""

    def __init__(self) -> None:
        self._layer: Answering | None = None

    @hookimpl
    def register_config(self) -> Mapping[str, type]:
        """The section `cache`."""
        from aurarouter_cache.settings import CacheSettings

        return {"cache": CacheSettings}

    @hookimpl
    def register_middleware(self) -> Sequence[Middleware]:
        """Around each attempt."""
        from aurarouter_cache.layer import Answering

        self._layer = Answering()
        return [self._layer]

    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        """`cache`."""
        from aurarouter_cache.commands import cache

        cli.add_command(cache)

    @hookimpl
    async def kernel_stopping(self) -> None:
        """Let go of the file."""
        if self._layer is not None:
            await self._layer.close()
