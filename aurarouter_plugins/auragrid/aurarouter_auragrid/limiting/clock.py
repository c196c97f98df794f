"""The cell's time: that of its servers, so that limits hold whatever the clocks of its nodes say."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from aurarouter_auragrid.engine.leased import LeaseBucket

TRIES = 3
"""Readings, of which the quickest counts: it is right to half the time that it took."""
FRESH = 60.0
"""Seconds after which it is read again."""
TERM = 5


class Clock:
    """Follows the time of the cell's servers.

    Args:
        bucket: Where a mark can be set, whose time the server notes.
    """

    def __init__(self, bucket: LeaseBucket) -> None:
        self._bucket = bucket
        self._key = f"clock-{uuid4().hex}"
        self._ahead, self._read_at = 0.0, float("-inf")
        self._reading = asyncio.Lock()
        self.doubt = 0.0

    async def now(self) -> float:
        """Seconds since 1970, right to `doubt` seconds.

        Raises:
            GridError: The cell does not answer.
        """
        if time.monotonic() - self._read_at > FRESH:
            async with self._reading:
                if time.monotonic() - self._read_at > FRESH:
                    await self._read()
        return time.monotonic() + self._ahead

    async def _read(self) -> None:
        readings = []
        for _ in range(TRIES):
            began = time.monotonic()
            noted = await self._bucket.noted(self._key, TERM)
            took = time.monotonic() - began
            readings.append((took / 2, noted - began - took / 2))
        self.doubt, self._ahead = min(readings)
        self._read_at = time.monotonic()
