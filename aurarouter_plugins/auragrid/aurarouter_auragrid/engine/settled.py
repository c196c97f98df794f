"""What the cell as a whole is told, in a bucket that keeps it: which nodes are cleared for private work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nats.js.errors import KeyNotFoundError, NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.streams import bucket, make_stream
from aurarouter_auragrid.names import CELL

APPS, CLEARED = "apps", "cleared"


class NatsConfiguration:
    """Values of the whole cell, with ten versions of each kept."""

    def __init__(self, connection: Connection, replicas: int = 1) -> None:
        self._connection, self._replicas = connection, replicas

    async def make(self) -> None:
        """Make the bucket where it is missing."""
        await make_stream(self._connection, bucket(CELL, self._replicas, history=10))

    async def get(self, key: str) -> Any:
        """A value, or None."""
        with translated(f"reading {CELL}"):
            try:
                entry = await (await self._connection.js.key_value(CELL)).get(key)
            except KeyNotFoundError:
                return None
            return json.loads(entry.value) if entry.value else None

    async def put(self, key: str, value: Any) -> None:
        """Set a value."""
        with translated(f"writing {CELL}"):
            await (await self._connection.js.key_value(CELL)).put(key, json.dumps(value).encode())

    async def cleared(self) -> frozenset[str]:
        """The nodes that may do private work; nothing else clears a node."""
        with translated(f"reading {CELL}"):
            try:  # of the leader: a server that lags behind may still clear a node that was taken off the list
                found = await self._connection.js.get_msg(f"KV_{CELL}", subject=f"$KV.{CELL}.{CLEARED}")
            except NotFoundError:
                return frozenset()
        names = json.loads(found.data) if found.data else None
        return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()

    async def clear(self, nodes: Iterable[str]) -> None:
        """List exactly these nodes."""
        await self.put(CLEARED, sorted(set(nodes)))
