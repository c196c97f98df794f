"""Calls from plain code, out of any number of threads at once: all of a router's run in the one loop it works in."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import TypeVar

from aurarouter_core.loop_thread import LOOK, NotBegunError, opened, outcome
from aurarouter_hooks import RoutingError

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds that a call waits for a router that is being opened or closed."""


class PlainCalls:
    """Where a router works, and the way there for threads that have no event loop.

    A router that nobody has opened is opened for the first call, in a loop and a thread of its own, and closed after
    the last; those who call meanwhile share it. While it is being opened or closed, calls wait.

    Args:
        router: What is opened and closed. It does so within `opening` and `closing`.
    """

    def __init__(self, router: AbstractAsyncContextManager[object]) -> None:
        self._router = router
        self._changed = threading.Condition()
        self._loop: AbstractEventLoop | None = None
        self._opener = 0
        self._process = 0
        self._open = False
        self._own: AbstractEventLoop | None = None
        self._count = 0
        self._after_the_last = ExitStack()

    @contextmanager
    def opening(self) -> Iterator[None]:
        """The router is opened in the loop that runs here; calls may use it afterwards, unless that fails.

        Raises:
            RoutingError: Another loop has it.
        """
        here = asyncio.get_running_loop()
        with self._changed:
            if self._free:
                self._claim(here)
            if self._loop is not here:
                hint = "Call run_sync from another thread, or make another router for this loop."
                raise RoutingError("the router is open in another event loop", hint=hint)
            self._opener = threading.get_ident()
        try:
            yield
        except BaseException:
            self._release(here)
            raise
        with self._changed:
            self._open = True
            self._changed.notify_all()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """The router is closed: calls that come now wait until it is, and open it again."""
        with self._changed:
            self._open, loop = False, self._loop
        try:
            yield
        finally:
            self._release(loop)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work comes to. It is cancelled when the thread that waits for it is interrupted.

        Raises:
            RoutingError: An event loop runs in this thread, the router's was closed before the work was done, nobody
                runs it, it was left in the process that this one was forked from, or opening and closing take too long.
        """
        if _in_a_loop():
            raise RoutingError("run_sync can't wait where an event loop runs", hint="Use 'await router.run(task)'.")
        while True:
            with suppress(NotBegunError), self._place() as loop:
                here = self._opener == threading.get_ident()
                return outcome(loop, partial(self._begun, loop, work), here=here)

    async def _begun(self, loop: AbstractEventLoop, work: Callable[[], Awaitable[T]]) -> T:
        if self._loop is not loop or not self._open:  # closed since this thread looked
            raise NotBegunError("the router was closed before the task began")
        return await work()

    @contextmanager
    def _place(self) -> Iterator[AbstractEventLoop]:
        """The loop that the router is open in for as long as this lasts, or for as long as its owner likes."""
        runner: asyncio.Runner | None = None
        with self._changed:
            loop = self._settled()
            if loop is None:
                runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
                self._own = loop = runner.get_loop()
                self._claim(loop)
            shares = loop is self._own
            self._count += shares
        try:
            if runner is not None:
                self._begin(runner)
            yield loop
        finally:
            if shares:
                self._leave()

    def _begin(self, runner: asyncio.Runner) -> None:
        loop = runner.get_loop()
        try:
            self._after_the_last.enter_context(opened(self._router, runner))
        except BaseException:
            self._release(loop)
            raise

    def _leave(self) -> None:
        with self._changed:
            self._count -= 1
            if self._count:
                return
            after = self._after_the_last.pop_all()  # whoever opens it next has its own
            if self._loop is self._own:
                self._open = False
        after.close()

    def _settled(self) -> AbstractEventLoop | None:
        """The loop that the router is open in, or None when nobody has it; until then, wait."""
        until = time.monotonic() + PATIENCE
        while not self._free:
            if self._process != os.getpid():
                hint = "Make a router of its own in each process, once it is forked."
                raise RoutingError("the router is open in the process that this one was forked from", hint=hint)
            if self._open:
                return self._loop
            if time.monotonic() >= until:
                hint = "Call run_sync when that is done, and not out of what has to be done for it."
                raise RoutingError("the router is still being opened or closed", hint=hint)
            self._changed.wait(LOOK)  # a loop that is closed tells nobody
        return None

    @property
    def _free(self) -> bool:
        return self._loop is None or self._loop.is_closed()

    def _claim(self, loop: AbstractEventLoop) -> None:
        self._loop, self._opener, self._process, self._open = loop, 0, os.getpid(), False

    def _release(self, loop: AbstractEventLoop | None) -> None:
        with self._changed:
            if self._loop is loop:
                self._loop, self._open = None, False
                self._changed.notify_all()


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
