"""Writing code as events, so that whoever waits for it can be told how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from aurarouter_core.router import Router
from aurarouter_core.services import UnifiedRouterService
from aurarouter_hooks import Delta, Done, Event


async def written(
    router: Router, inputs: Mapping[str, Any], *, surface: str | None = None
) -> AsyncGenerator[Event | Mapping[str, Any]]:
    """What `UnifiedRouterService.intelligent_code_gen` does, without the words; at last its result. Close it to cancel.

    Args:
        router: Does the work.
        inputs: As that takes them.
        surface: Who asks, for traces.
    """
    heard: asyncio.Queue[Event] = asyncio.Queue()  # a few for each step of a plan

    def hear(event: Event) -> None:
        if not isinstance(event, Delta | Done):
            heard.put_nowait(event)

    service = UnifiedRouterService(router, surface=surface, hear=hear)
    writing = asyncio.create_task(service.intelligent_code_gen(**inputs))
    try:
        while not writing.done() or not heard.empty():
            hearing = asyncio.create_task(heard.get())
            await asyncio.wait({hearing, writing}, return_when=asyncio.FIRST_COMPLETED)
            if hearing.done():
                yield hearing.result()
            hearing.cancel()
        yield writing.result()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
