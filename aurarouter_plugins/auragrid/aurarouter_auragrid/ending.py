"""Background work: watched until its end, and ended for certain."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

AGAIN = 1.0
"""Seconds after which a task that goes on is cancelled again: what it waits for may have swallowed it."""


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all of them have ended; what they raise is not looked at."""
    going = {task for task in tasks if not task.done()}
    while going:
        for task in going:
            task.cancel()
        _, going = await asyncio.wait(going, timeout=AGAIN)


async def until(over: asyncio.Event, vital: Iterable[asyncio.Task[Any]]) -> None:
    """Wait for the event, or for the last of these tasks; what one of them raises is raised here."""
    leaving, going = asyncio.create_task(over.wait()), list(vital)
    try:
        while not leaving.done() and going:
            await asyncio.wait({leaving, *going}, return_when=asyncio.FIRST_COMPLETED)
            for task in going:
                if task.done():
                    task.result()
            going = [task for task in going if not task.done()]
    finally:
        leaving.cancel()


@contextmanager
def heeded() -> Iterator[None]:
    """Raise the cancellation that came while waiting, also when what was waited for swallowed it.

    Before Python 3.12 `asyncio.wait_for`, through which the engine's library waits, drops one that comes in the same
    turn of the loop as its result: whoever then waits for the task's end waits for ever.

    Raises:
        asyncio.CancelledError: Somebody wants the task to end.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task and task.cancelling() > before and not isinstance(sys.exception(), asyncio.CancelledError):
            raise asyncio.CancelledError
