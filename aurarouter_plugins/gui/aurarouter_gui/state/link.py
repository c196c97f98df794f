"""The window's kernel: opened on first use, watched, and opened again when it was lost.

The kernel is imported in the worker, when it is first asked: the window is there before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from aurarouter_gui.state.worker import Worker

if TYPE_CHECKING:
    from aurarouter_core import Attached, Config, Plugins, Router

    Engine = Attached | Router

Look = tuple[tuple[int, int, int] | None, ...]
WATCH = 2.0
"""Seconds between two looks at the configuration's files, in a process without a shared engine."""


@frozen(kw_only=True)
class Standing:
    """How the window stands to its kernel.

    Attributes:
        state: "closed" nothing was asked yet, "opening", "ready", "lost" it ended and the next call starts another,
            "failed" it can't be used.
        shared: It is a process that other programs use too.
        error: Why it was lost or failed.
    """

    state: Literal["closed", "opening", "ready", "lost", "failed"] = "closed"
    shared: bool = False
    error: BaseException | None = field(default=None, repr=False)


class Link:
    """The way to the kernel. Methods that are coroutines run in the worker's loop; the rest is for the UI's thread.

    Args:
        worker: Where all waiting is done.
        path: The configuration file; None for the usual places.
        plugins: All plugins.

    Attributes:
        standing: How things are now.
        heard: Told, on the UI's thread, each time that changes.
        seen: How the configuration's files were when this window last knew what stands in them.
    """

    def __init__(self, worker: Worker, path: Path | None, plugins: Plugins) -> None:
        self.worker = worker
        self.path = path
        self.plugins = plugins
        self.standing = Standing()
        self.heard: list[Callable[[Standing], None]] = []
        self.seen: Look = ()
        self._stack = AsyncExitStack()
        self._engine: Engine | None = None
        self._opening = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    def _tell(self, standing: Standing) -> None:
        def hear() -> None:
            self.standing = standing
            for hearer in self.heard:
                hearer(standing)

        self.worker.mailbox.post(hear)

    async def kernel(self) -> Engine:
        """The kernel, ready to work.

        Raises:
            AuraRouterError: It can't be had; the next call tries again.
        """
        async with self._opening:
            if self._engine is not None and (self._watching is None or not self._watching.done()):
                return self._engine
            self._tell(Standing(state="opening"))
            try:
                from aurarouter_core import Attached

                engine = await self._opened()
            except BaseException as error:
                self._tell(Standing(state="failed", error=error))
                raise
            self._engine = engine
            if isinstance(engine, Attached):
                self._watching = asyncio.create_task(self._watch(engine))
            self._tell(Standing(state="ready", shared=isinstance(engine, Attached)))
            return engine

    async def _opened(self) -> Engine:
        from aurarouter_core import Attached, attach

        self.seen = self.seen or await self.looked()
        if isinstance(self._engine, Attached):
            await self._engine.connect(starts=True)
            return self._engine
        return await self._stack.enter_async_context(
            attach(self.path, plugins=self.plugins, surface="gui", watch=WATCH)
        )

    async def _watch(self, engine: Attached) -> None:
        error = await engine.until_lost()
        self._tell(Standing(state="lost", shared=True, error=error))

    async def config(self) -> Config:
        """The configuration that is in force, as files and environment have it now.

        Raises:
            ConfigError: It can't be used.
        """
        from aurarouter_core import load_config

        return await asyncio.to_thread(load_config, self.plugins, path=self.path)

    async def looked(self) -> Look:
        """How the files are now that a configuration comes from."""
        from aurarouter_core import files_now
        from aurarouter_hooks import AuraRouterError

        try:
            return await asyncio.to_thread(files_now, self.path)
        except AuraRouterError:
            return ()  # no home: who asks for the configuration is told

    async def renew(self) -> None:
        """Leave the kernel, and take the one that fits the configuration as it is now."""
        async with self._opening:
            await self.aclose()
        await self.kernel()

    async def aclose(self) -> None:
        """Leave the kernel; a shared one goes on for others."""
        if self._watching is not None:
            self._watching.cancel()
        self._engine, self._watching = None, None
        await self._stack.aclose()
