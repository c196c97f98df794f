"""Work in an event loop that another thread runs."""

from __future__ import annotations

import asyncio
import threading
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from functools import partial
from typing import TypeVar

from aurarouter_hooks import RoutingError

T = TypeVar("T")
LOOK = 0.5
"""Seconds between two looks at a loop that may have been closed. On Windows, Ctrl-C is heard no sooner."""
PATIENCE = 60.0
"""Seconds that work waits for a loop that nobody runs."""


class NotBegunError(RoutingError):
    """The loop was closed before the work began; it may be begun elsewhere."""


@contextmanager
def opened(router: AbstractAsyncContextManager[object], runner: asyncio.Runner) -> Iterator[None]:
    """The router is open in this runner's loop, in a thread of its own."""
    loop, over = runner.get_loop(), asyncio.Event()

    def live() -> None:
        with runner:
            runner.run(over.wait())

    thread = threading.Thread(target=live, name="aurarouter")
    thread.start()
    try:
        outcome(loop, router.__aenter__)
        try:
            yield
        finally:
            outcome(loop, partial(router.__aexit__, None, None, None))
    finally:
        _tell(loop, over.set)
        thread.join()


def outcome(loop: AbstractEventLoop, work: Callable[[], Awaitable[T]], *, here: bool = False) -> T:
    """What work comes to in the loop of another thread; it is cancelled when this thread is interrupted.

    Args:
        loop: Where it works.
        work: What is to be done.
        here: It is this thread that runs the loop, so it does, unless the loop runs already.

    Raises:
        RoutingError: It was ended before it was done, as tasks are when their loop is closed, or nobody runs the loop.
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
            result.set_exception(NotBegunError("the task was ended before it began"))

    def begin() -> None:
        tasks.append(loop.create_task(told()))
        tasks[0].add_done_callback(ended)

    try:
        _tell(loop, begin)
        _wait(loop, result, PATIENCE, here=here)
        if not result.done() and not loop.is_closed():
            hint = "Run it in a thread for as long as others call run_sync, or call it in the thread that opened it."
            raise RoutingError("nobody runs the event loop that the router is open in", hint=hint)
    except BaseException:
        _tell(loop, lambda: [task.cancel() for task in tasks])
        _wait(loop, result, LOOK, here=here)
        raise
    if not tasks:
        raise NotBegunError("the loop was closed before the task began")
    if not result.done() or isinstance(result.exception(), asyncio.CancelledError):
        hint = "Keep the router open for as long as other threads call run_sync."
        raise RoutingError("the task was ended before it was done", hint=hint)
    return result.result()


def _tell(loop: AbstractEventLoop, what: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # it is closed: nobody waits there any more
        loop.call_soon_threadsafe(what)


def _wait(loop: AbstractEventLoop, result: Future[T], patience: float, *, here: bool) -> None:
    """Wait until there is a result, the loop is closed, or has not run for so many seconds."""
    if here and not loop.is_running() and not loop.is_closed():
        _run(loop, result)
    stood = 0.0
    while not loop.is_closed() and stood < patience and not wait({result}, LOOK).done:
        stood = 0.0 if loop.is_running() else stood + LOOK


def _run(loop: AbstractEventLoop, result: Future[T]) -> None:
    over = loop.create_future()

    def tell(_: Future[T]) -> None:
        if not over.done():
            over.set_result(None)

    result.add_done_callback(tell)
    loop.run_until_complete(over)
