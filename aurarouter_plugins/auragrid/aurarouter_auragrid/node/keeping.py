"""Holds on to what a worker has in hand: tells the cell that it works, and tries again while the cell can't answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from aurarouter_auragrid.engine.requests import Given
from aurarouter_auragrid.errors import CellBusyError, CellUnavailableError, GridError

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE = 60.0
"""Seconds that an answer is kept in hand while the cell does not take it."""


@asynccontextmanager
async def kept(given: Given, every: float) -> AsyncIterator[None]:
    """Say again and again that the request is worked on."""

    async def say() -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await given.still_working()
            except GridError as error:
                log.info("request %s: %s", given.sequence_number, error)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


async def insisted(act: Callable[[], Awaitable[T]]) -> T:
    """Try again while the cell has no majority or no room: what is in hand would have to be made anew elsewhere.

    Raises:
        GridError: It went on for too long.
    """
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await act()
        except (CellUnavailableError, CellBusyError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.5)
