"""Records that the cell keeps until somebody removes them, in a bucket of keys."""

from __future__ import annotations

from collections.abc import Mapping

from nats.js.errors import KeyNotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.reading import last_of_each
from aurarouter_auragrid.engine.streams import bucket, make_stream


class NatsRecords:
    """One bucket of records.

    Args:
        connection: To the cell.
        name: The bucket's.
        replicas: Copies of each record.
    """

    def __init__(self, connection: Connection, name: str, replicas: int = 1) -> None:
        self._connection, self._name, self._replicas = connection, name, replicas

    async def make(self) -> None:
        """Make the bucket where it is missing."""
        await make_stream(self._connection, bucket(self._name, self._replicas))

    async def all(self) -> Mapping[str, bytes]:
        """Every record, by key."""
        with translated(f"reading {self._name}"):
            found = await last_of_each(self._connection, f"KV_{self._name}", f"$KV.{self._name}.>")
        start = len(f"$KV.{self._name}.")
        return {subject[start:]: data for subject, data in sorted(found.items()) if data}

    async def get(self, key: str) -> bytes | None:
        """A record, or None."""
        with translated(f"reading {self._name}"):
            try:
                return (await (await self._connection.js.key_value(self._name)).get(key)).value or None
            except KeyNotFoundError:
                return None

    async def put(self, key: str, value: bytes) -> None:
        """Write a record."""
        with translated(f"writing {self._name}"):
            await (await self._connection.js.key_value(self._name)).put(key, value)

    async def remove(self, key: str) -> None:
        """Remove a record, if it is there."""
        with translated(f"writing {self._name}"):
            await (await self._connection.js.key_value(self._name)).purge(key)
