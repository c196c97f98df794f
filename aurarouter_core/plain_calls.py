"""Calls from plain code, out of any number of threads at once: all of a router's run in the one loop it works in."""

from __future__ import annotations

import asyncio
import threading
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress
from functools import partial
from typing import TypeVar

from aurarouter_hooks import RoutingError

T = TypeVar("T")
LOOK = 0.5
"""Seconds between two looks at a loop that may have been closed. On Windows, Ctrl-C is heard no sooner."""


class PlainCalls:
    """Where a router works, and the way there for threads that have no event loop.

    A router that nobody has opened is opened for the first call, in a loop and a thread of its own, and closed after
    the last; those who call meanwhile share it.

    Args:
        router: What is opened and closed.
    """

    def __init__(self, router: AbstractAsyncContextManager[object]) -> None:
        self._router = router
        self._loop: AbstractEventLoop | None = None
        self._changing = threading.Lock()
        self._count = 0
        self._own = ExitStack()

    def opens(self) -> None:
        """The router is opened in the loop that runs here.

        Raises:
            RoutingError: It is open in another one.
        """
        here, there = asyncio.get_running_loop(), self._loop
        if there is not None and there is not here and not there.is_closed():
            hint = "Call run_sync from another thread, or make another router for this loop."
            raise RoutingError("the router is open in another event loop", hint=hint)
        self._loop = here

    def closed(self) -> None:
        """The router is closed."""
        self._loop = None

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the work comes to. It is cancelled when the thread that waits for it is interrupted.

        Raises:
            RoutingError: An event loop runs in this thread, or the router's was closed before the work was done.
        """
        if _in_a_loop():
            raise RoutingError("run_sync can't wait where an event loop runs", hint="Use 'await router.run(task)'.")
        with self._changing:
            loop = None if self._count else self._loop
        if loop is not None and not loop.is_closed():
            return outcome(loop, work)
        with self._opened() as loop:
            return outcome(loop, work)

    @contextmanager
    def _opened(self) -> Iterator[AbstractEventLoop]:
        with self._changing:
            if not self._count:
                self._at = self._own.enter_context(opened(self._router))
            self._count += 1
        try:
            yield self._at
        finally:
            with self._changing:
                self._count -= 1
                if not self._count:
                    self._own.close()


@contextmanager
def opened(router: AbstractAsyncContextManager[object]) -> Iterator[AbstractEventLoop]:
    """A loop in a thread of its own, with the router open in it."""
    runner, over = asyncio.Runner(loop_factory=asyncio.new_event_loop), asyncio.Event()
    loop = runner.get_loop()

    def live() -> None:
        with runner:
            runner.run(over.wait())

    thread = threading.Thread(target=live, name="aurarouter")
    thread.start()
    try:
        outcome(loop, router.__aenter__)
        try:
            yield loop
        finally:
            outcome(loop, partial(router.__aexit__, None, None, None))
    finally:
        _tell(loop, over.set)
        thread.join()


def outcome(loop: AbstractEventLoop, work: Callable[[], Awaitable[T]]) -> T:
    """What work comes to in the loop of another thread; it is cancelled when this thread is interrupted.

    Raises:
        RoutingError: It was ended before it was done, as tasks are when their loop is closed.
    """
    result: Future[T] = Future()
    tasks: list[asyncio.Task[None]] = []

    async def told() -> None:
        try:
            result.set_result(await work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is for whoever called, and ends no loop
            result.set_exception(error)

    def ended(_: asyncio.Task[None]) -> None:
        if not result.done():
            result.set_exception(asyncio.CancelledError())  # before it began

    def begin() -> None:
        tasks.append(loop.create_task(told()))
        tasks[0].add_done_callback(ended)

    try:
        _tell(loop, begin)
        _wait(loop, result)
    except BaseException:
        _tell(loop, lambda: [task.cancel() for task in tasks])
        _wait(loop, result)
        raise
    if not result.done() or isinstance(result.exception(), asyncio.CancelledError):
        hint = "Keep the router open for as long as other threads call run_sync."
        raise RoutingError("the task was ended before it was done", hint=hint)
    return result.result()


def _tell(loop: AbstractEventLoop, what: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # it is closed: nobody waits there any more
        loop.call_soon_threadsafe(what)


def _wait(loop: AbstractEventLoop, result: Future[T]) -> None:
    while not loop.is_closed() and not wait({result}, LOOK).done:
        pass


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
