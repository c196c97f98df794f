"""What an open router does besides its tasks: it follows its files, and what other processes know of the models."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from aurarouter_core.models import ModelPool
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.store import Store
from aurarouter_hooks import AuraRouterError, ConfigError

log = logging.getLogger(__name__)
HEAR_EVERY = 2.0
"""Seconds between two looks at what other processes know of the models."""


class Background:
    """Tasks that run for as long as a router is open."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, *work: Awaitable[None]) -> None:
        """Run these until `end`."""
        self._tasks = [asyncio.ensure_future(one) for one in work]

    async def end(self) -> None:
        """End all of them."""
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("work in the background had ended with an error", exc_info=outcome)


async def follow(looks: AsyncGenerator[None], reload: Callable[[], Awaitable[None]]) -> None:
    """Reload whenever a file has changed. A bad one is told and leaves everything as it was."""
    async with aclosing(looks):
        async for _ in looks:
            try:
                await reload()
                log.info("the configuration was read again")
            except ConfigError as error:
                words = "; ".join([str(error), *map(str, error.problems)])
                log.error("the configuration stays as it was: %s", words)  # noqa: TRY400 - a user's mistake, not ours
            except AuraRouterError as error:
                log.error("the configuration stays as it was: %s", error)  # noqa: TRY400
            except Exception:  # whoever is told of reloads is no reason to follow the files no more
                log.exception("somebody who was told of the new configuration failed")


async def hear(store: Store, pool: ModelPool, snapshot: Snapshot) -> None:
    """Learn how models are for other processes, and what these have spent."""
    try:
        rows = await asyncio.to_thread(store.states)
    except AuraRouterError as error:
        log.warning("what other processes know of the models can't be read: %s", error)
    else:
        pool.learn(rows, snapshot.models, snapshot.config)
    await pool.wallet.learn(snapshot.config.budget)


async def keep_hearing(store: Store, pool: ModelPool, snapshot: Callable[[], Snapshot]) -> None:
    """The same, again and again."""
    while True:
        await asyncio.sleep(HEAR_EVERY)
        await hear(store, pool, snapshot())
