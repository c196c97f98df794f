"""Topics on one stream. A reader keeps nothing in the engine: it asks for the next one after the last that it saw."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from nats.js.api import Header, RawStreamMsg
from nats.js.errors import NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.publishing import stored
from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.names import TOPIC_SUBJECT, TOPICS
from aurarouter_auragrid.ports import Event, Published

LOOK = 1.0
"""Seconds after which a reader looks for what it was not told of."""
SOON, SLOWER = 0.005, 4
"""Seconds after which it looks again for what it was told of before a majority had stored it; and how that grows."""
PATIENCE = 20.0


class NatsEvents:
    """Topics, kept for a while; each subscriber reads on from where it was."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def publish(
        self, topic: str, payload: bytes, *, event_id: str, headers: Mapping[str, str], patience: float = PATIENCE
    ) -> Published:
        """Store an event; the same id is stored once.

        Raises:
            CellBusyError, CellUnavailableError: As `stored`.
        """
        subject = f"{TOPIC_SUBJECT}.{topic}"
        return await stored(self._connection, subject, payload, event_id=event_id, headers=headers, patience=patience)

    async def latest(self) -> int:
        """The sequence number of the last event."""
        with translated("asking for the last event"):
            return (await self._connection.js.stream_info(TOPICS)).state.last_seq

    async def read(self, topic: str, *, after: int) -> AsyncGenerator[Event]:
        """Events of a topic beyond a sequence number, and then those that come.

        A cell that does not answer is waited for: the reader goes on where it was.
        """
        subject = f"{TOPIC_SUBJECT}.{topic}"
        news = asyncio.Event()

        async def heard(_: Any) -> None:
            news.set()

        # A plain subscription only wakes us: what it misses, the next look finds.
        ear = await self._connection.nats.subscribe(subject, cb=heard)
        try:
            pause = LOOK
            while True:
                if news.is_set():
                    news.clear()
                    pause = SOON
                found = await self._next(subject, after)
                if found is None:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await news.wait()
                    pause = min(SLOWER * pause, LOOK)
                    continue
                after = found.sequence_number
                yield found
        finally:
            if not self._connection.nats.is_closed:
                await ear.unsubscribe()

    async def _next(self, subject: str, after: int) -> Event | None:
        try:
            with translated("reading events"):
                message = await self._connection.js.get_msg(TOPICS, seq=after + 1, subject=subject, next=True)
        except CellUnavailableError:
            await asyncio.sleep(LOOK / 5)
            return None
        except NotFoundError:
            return None
        return event_of(message, TOPIC_SUBJECT)


def event_of(message: RawStreamMsg, prefix: str) -> Event:
    """A stored message as an event."""
    headers = {str(key): str(value) for key, value in (message.headers or {}).items()}
    return Event(
        topic=(message.subject or "").removeprefix(f"{prefix}."),
        payload=message.data or b"",
        event_id=headers.pop(Header.MSG_ID, ""),
        sequence_number=message.seq or 0,
        timestamp=message.time.timestamp() if message.time else 0.0,
        headers=headers,
    )
