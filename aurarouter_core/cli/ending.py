"""A request to end (SIGTERM, SIGHUP, Ctrl-C): a loop is left between tasks, and what ran is written down."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def heed() -> None:
    """Heed both from now on. Outside of an event loop they act as always: nothing is open there."""
    _turn(signal.SIG_DFL, _end)  # nohup has one ignored


@contextmanager
def opened() -> Iterator[None]:
    """Something is open between the runs of an event loop, too: both end this block with a SystemExit there."""
    _turn(_end, _end_what_is_open)
    try:
        yield
    finally:
        _turn(_end_what_is_open, _end)


def _turn(before: object, after: object) -> None:
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # not every system has both
        if number is not None and signal.getsignal(number) is before:
            signal.signal(number, after)  # type: ignore[arg-type]


def _end(number: int, _: FrameType | None) -> None:
    """An exception would come out of any line, and an import that it breaks is taken for a plugin's fault."""
    if not _leaves_loop(number):
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


def _end_what_is_open(number: int, _: FrameType | None) -> None:
    if not _leaves_loop(number):
        _leave(number)


def _leaves_loop(number: int) -> bool:
    """Whether an event loop runs. It is left between tasks: nobody knows which of them runs now."""
    running = getattr(sys.modules.get("asyncio"), "_get_running_loop", None)  # None while asyncio is being imported
    loop = running() if running is not None else None
    if loop is not None:
        loop.call_soon_threadsafe(_leave, number)
    return loop is not None


def _leave(number: int) -> None:
    raise SystemExit(128 + number)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `asyncio.run` does, and end it at Ctrl-C between tasks.

    Raises:
        KeyboardInterrupt: At Ctrl-C, once the coroutine has ended.
    """
    import asyncio  # only once there is something to run

    return asyncio.run(interrupted_between(work))


async def interrupted_between(work: Coroutine[Any, Any, T]) -> T:
    """Await a runner's coroutine; Ctrl-C cancels it between tasks, a second one out of any line.

    The runner's own handler cancels inside whatever line runs (as of CPython 3.14): a transport's callback, too, which
    then stumbles over the future that it was about to answer.
    """
    import asyncio

    at_once = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(at_once):
        return await work
    loop = asyncio.get_running_loop()

    def between(number: int, _: FrameType | None) -> None:
        signal.signal(number, at_once)
        loop.call_soon_threadsafe(at_once, number, None)

    signal.signal(signal.SIGINT, between)
    try:
        return await work
    finally:
        if signal.getsignal(signal.SIGINT) is between:
            signal.signal(signal.SIGINT, at_once)
