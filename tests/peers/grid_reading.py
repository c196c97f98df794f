"""Reads a topic of a cell: its first events, or all that there are."""

import asyncio
from contextlib import aclosing

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.ports import Event


async def first(topic: str, client: AuraRouterClient, count: int = 1, seconds: float = 15.0) -> list[Event]:
    """The first events of a topic since the client began."""
    found: list[Event] = []
    async with asyncio.timeout(seconds), aclosing(client.subscriber.consume(topic)) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


async def quiet(topic: str, client: AuraRouterClient, seconds: float = 1.5) -> list[Event]:
    """All events of a topic since the client began, up to now."""
    found: list[Event] = []
    try:
        async with asyncio.timeout(seconds), aclosing(client.subscriber.consume(topic)) as events:
            async for event in events:
                found.append(event)
    except TimeoutError:
        pass
    return found
