"""Hears that wishes, files or places of the cell have changed, and tells it. What it misses, a full look finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.names import CHANGES_SUBJECT, MODELS, WANTED


class Changes:
    """Plain messages, which nobody stores: at rest there are none, and whoever is cut off gets none.

    Leases can't be heard of like this. Each renewal is a message like any other, and when one ends, none comes.

    Args:
        connection: To the cell.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reconnections = 0
        self._heard = True

    async def listen(self, wish: Callable[[], None]) -> None:
        """Hear from now on, also after the connection was made again.

        Args:
            wish: Called when somebody wishes for something, or a file is there or gone.
        """

        async def wished(_: Any) -> None:
            self._heard = True
            wish()

        async def changed(_: Any) -> None:
            self._heard = True

        with translated("listening for changes"):
            for bucket in (WANTED, MODELS):
                await self._connection.nats.subscribe(f"$KV.{bucket}.>", cb=wished)
            await self._connection.nats.subscribe(CHANGES_SUBJECT, cb=changed)

    async def tell(self) -> None:
        """Have everybody look, this program too."""
        with translated("telling of a change"):
            await self._connection.nats.publish(CHANGES_SUBJECT)

    def heard(self) -> bool:
        """Something was heard since the last call, or could have been missed: the connection is another one."""
        made = self._connection.reconnections
        heard, self._heard = self._heard or made != self._reconnections, False
        self._reconnections = made
        return heard
