"""Imports of what takes seconds, as a vendor's SDK does: away from the event loop, and off the clock of who waits."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import ModuleType

_clock: ContextVar[asyncio.Timeout | None] = ContextVar("aurarouter_clock", default=None)


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[None]:
    """Like `asyncio.timeout`, but what is imported meanwhile takes none of the time: a backend can't be blamed for it.

    Raises:
        TimeoutError: The time is over.
    """
    async with asyncio.timeout(seconds) as clock:
        token = _clock.set(clock)
        try:
            yield
        finally:
            _clock.reset(token)


async def imported(name: str) -> ModuleType:
    """A module, imported in a thread: it may be just being imported in another, too.

    Raises:
        ImportError: There is none.
    """
    clock, now = _clock.get(), asyncio.get_running_loop().time
    end, began = clock.when() if clock else None, now()
    if clock:
        clock.reschedule(None)
    try:
        return await asyncio.to_thread(importlib.import_module, name)
    finally:
        if clock and end is not None:
            clock.reschedule(end + now() - began)
