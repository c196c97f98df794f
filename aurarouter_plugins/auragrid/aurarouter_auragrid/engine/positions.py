"""How far each named subscriber has read, kept in the cell, so that it goes on from there on any machine."""

from __future__ import annotations

from nats.js.errors import NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.names import POSITIONS


class Positions:
    """Sequence numbers by subscriber and topic."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, subscriber: str, topic: str) -> int | None:
        """The last event that it was done with; None when it never was with any."""
        with translated("reading a position"):
            try:
                found = await self._connection.js.get_msg(f"KV_{POSITIONS}", subject=_subject(subscriber, topic))
            except NotFoundError:
                return None
        return int(found.data) if found.data else None

    async def put(self, subscriber: str, topic: str, sequence_number: int) -> None:
        """It is done with this one."""
        with translated("writing a position"):
            await self._connection.js.publish(_subject(subscriber, topic), str(sequence_number).encode())


def _subject(subscriber: str, topic: str) -> str:
    return f"$KV.{POSITIONS}.{subscriber}.{topic}"
