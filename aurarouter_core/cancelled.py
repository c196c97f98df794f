"""Who cancelled what a plugin does: those who wait for it, or nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def truly(error: BaseException, waits: asyncio.Task[Any] | None, before: int) -> BaseException:
    """What a wait for a plugin's work ended with, where the plugin says something else.

    Who was cancelled is cancelled, whatever the plugin's clean-up raises. Where nobody was, a cancellation is a fault;
    one that was asked for before the wait may only come now, as when a task cancels itself.

    Args:
        error: As the plugin says.
        waits: The task that waited.
        before: How often it was to be cancelled before.
    """
    if waits is None:
        return error
    times = waits.cancelling()
    if isinstance(error, asyncio.CancelledError):
        return error if times else RuntimeError("it was cancelled from within, and nobody asked for that")
    return asyncio.CancelledError() if times > before and isinstance(error, Exception) else error


@contextmanager
def told_truly() -> Iterator[None]:
    """A block that waits for a plugin's work and ends with what it `truly` ended with."""
    waits = asyncio.current_task()
    before = waits.cancelling() if waits is not None else 0
    try:
        yield
    except BaseException as error:
        instead = truly(error, waits, before)
        if instead is error:
            raise
        raise instead from error
