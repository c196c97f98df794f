"""The queue of requests that all nodes share, and the place for those that nobody can answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, Header
from nats.js.errors import NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.publishing import stored
from aurarouter_auragrid.engine.topics import event_of
from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.names import DEAD, DEAD_SUBJECT, REQUEST_SUBJECT, REQUESTS, SEALED_SUBJECT
from aurarouter_auragrid.ports import Event, Published
from aurarouter_auragrid.sealing.envelope import SEALED
from aurarouter_auragrid.settings import Events
from aurarouter_hooks.values.ids import new_id

WORKERS, CLEARED_WORKERS = "workers", "cleared-workers"
CONSUMERS = {WORKERS: f"{REQUEST_SUBJECT}.*", CLEARED_WORKERS: f"{SEALED_SUBJECT}.*"}
REASON, REPLAY = "Aurarouter-Reason", "Aurarouter-Replay"
WAIT = 5.0
"""Seconds that one look for a request lasts."""
PATIENCE = 20.0


class Given:
    """A request that was given to this node, until it is done with or another node gets it."""

    def __init__(self, message: Msg) -> None:
        self._message = message
        self.app = message.subject.rpartition(".")[2]
        self.sealed = message.subject.startswith(f"{SEALED_SUBJECT}.")
        self.payload = message.data
        self.headers: Mapping[str, str] = message.headers or {}
        self.deliveries = message.metadata.num_delivered or 1
        self.sequence_number = message.metadata.sequence.stream

    async def still_working(self) -> None:
        """Keep others from getting it."""
        with translated("keeping a request"):
            await self._message.in_progress()

    async def done(self) -> None:
        """Nobody needs to see it again."""
        with translated("finishing a request"):
            await self._message.ack_sync(timeout=5)

    async def give_back(self, after: float = 0.0) -> None:
        """Let another node have it."""
        with translated("giving a request back"):
            await self._message.nak(delay=after or None)


class Requests:
    """Requests, each given to one node at a time."""

    def __init__(self, connection: Connection, events: Events) -> None:
        self._connection, self._events = connection, events

    async def make(self) -> None:
        """Make the consumers that nodes share: one for all of them, one for those that are cleared."""
        for name, subjects in CONSUMERS.items():
            config = ConsumerConfig(
                durable_name=name,
                filter_subject=subjects,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=self._events.ack_wait,
                max_deliver=-1,  # we count ourselves: the engine would drop it without a word
                max_ack_pending=10_000,
            )
            with translated("making the consumer"):
                try:
                    await self._connection.js.consumer_info(REQUESTS, name)
                except NotFoundError:
                    await self._connection.js.add_consumer(REQUESTS, config)

    async def publish(
        self,
        app: str,
        payload: bytes,
        *,
        event_id: str,
        headers: Mapping[str, str],
        sealed: bool = False,
        patience: float = PATIENCE,
    ) -> Published:
        """Accept a request; from here on it is not lost. One that is sealed waits for a node that may open it."""
        subject = f"{SEALED_SUBJECT if sealed else REQUEST_SUBJECT}.{app}"
        return await stored(self._connection, subject, payload, event_id=event_id, headers=headers, patience=patience)

    async def given(
        self, consumer: str = WORKERS, *, ready: Callable[[], bool] = lambda: True
    ) -> AsyncGenerator[Given]:
        """Requests for one worker, one at a time, for ever; a cell that does not answer is waited for.

        Args:
            consumer: Which ones.
            ready: Whether this node takes them now.
        """
        pull = None
        try:
            while True:
                if not ready():
                    await asyncio.sleep(0.5)
                    continue
                try:
                    with translated("asking for a request"):
                        if pull is None:
                            pull = await self._connection.js.pull_subscribe_bind(consumer=consumer, stream=REQUESTS)
                        messages = await pull.fetch(1, timeout=WAIT)
                except CellUnavailableError as error:
                    if not isinstance(error.__cause__, TimeoutError):
                        await asyncio.sleep(0.5)
                    continue
                for message in messages:
                    yield Given(message)
        finally:
            if pull is not None:
                with contextlib.suppress(NatsError):
                    await pull.unsubscribe()

    # Those that nobody can answer

    async def bury(self, given: Given, reason: str) -> None:
        """Set a request aside, with the reason."""
        headers = {**given.headers, REASON: _line(reason), **({SEALED: "request"} if given.sealed else {})}
        headers.pop(Header.MSG_ID, None)
        await stored(
            self._connection,
            f"{DEAD_SUBJECT}.{given.app}",
            given.payload,
            event_id=f"dead.{given.sequence_number}",
            headers=headers,
            patience=PATIENCE,
        )

    async def dead(self, *, after: int = 0) -> AsyncGenerator[Event]:
        """Those that were set aside beyond a sequence number, oldest first."""
        subject = f"{DEAD_SUBJECT}.*"
        while True:
            try:
                with translated("reading what was set aside"):
                    found = await self._connection.js.get_msg(DEAD, seq=after + 1, subject=subject, next=True)
            except NotFoundError:
                return
            event = event_of(found, DEAD_SUBJECT)
            after = event.sequence_number
            yield event

    async def replay(self, event: Event) -> Published:
        """Give one that was set aside to the nodes again."""
        again = new_id()[:12]
        done = await self.publish(
            event.topic,
            event.payload,
            event_id=f"replay.{again}",
            headers={REPLAY: again},
            sealed=SEALED in event.headers,
        )
        with translated("taking out what was set aside"):
            await self._connection.js.delete_msg(DEAD, event.sequence_number)
        return done


def _line(text: str) -> str:
    """A header holds one line of plain letters."""
    return " ".join(text.encode("ascii", "replace").decode().split())[:500]
