"""Whether this node may do private work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from aurarouter_auragrid.errors import GridError

log = logging.getLogger(__name__)
PATIENCE = 3.0
"""Seconds in which the cell says who is cleared, or nobody is."""


class Standing:
    """What the cell's configuration says of a node.

    Args:
        name: The node's.
        listed: Asks the cell for the nodes that are cleared.

    Attributes:
        cleared: As it was when somebody last looked. It may be told to others; private work looks before it begins.
    """

    def __init__(self, name: str, listed: Callable[[], Awaitable[Collection[str]]]) -> None:
        self._name, self._listed = name, listed
        self.cleared = False

    async def look(self) -> bool:
        """Ask the cell now. One that does not answer clears nobody."""
        try:
            async with asyncio.timeout(PATIENCE):
                cleared = self._name in await self._listed()
        except (GridError, TimeoutError) as error:
            cleared = False
            log.warning("the cell does not say who is cleared: %s", error or "no answer in time")
        self.cleared = cleared
        return cleared
