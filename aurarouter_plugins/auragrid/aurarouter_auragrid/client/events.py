"""Publishes events and reads them: every event of a topic once, in order, on from where the program began."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from attrs import evolve

from aurarouter_auragrid.client.private import is_private
from aurarouter_auragrid.client.session import Session, session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import EventRefusedError, SealedError
from aurarouter_auragrid.names import ANONYMOUS, APP, REQUESTS_TOPIC, checked_topic, open_topic
from aurarouter_auragrid.ports import Event, Published
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.sealing.envelope import SEALED, Envelope, open_result, reply_key
from aurarouter_auragrid.sealing.keys import EVENT_KEY, PublicKey
from aurarouter_hooks import PrivacyError, Secret, TraceContext
from aurarouter_hooks.values.ids import new_id

REMEMBERED = 100_000
"""Events that a subscriber knows again when they come twice."""
Payload = str | bytes | Mapping[str, Any]


class EventPublisher:
    """Puts events into the cell.

    Args:
        session: The cell; None for the shared session of the running event loop.
        app: The name that requests go under; a request's id is the app's own.
    """

    def __init__(self, session: Session | None = None, app: str = ANONYMOUS) -> None:
        self._session, self._app = session, app

    async def publish(
        self,
        topic: str,
        payload: Payload,
        *,
        event_id: str = "",
        trace_context: TraceContext | None = None,
        encrypt: bool = False,
    ) -> Published:
        """Publish an event. When this returns, the cell has it on disk.

        Args:
            topic: Where. `aurarouter.routing_requests` for a task that the cell is to do.
            payload: What; a mapping is sent as JSON.
            event_id: The same for an event that is published again; a request's own id stands for it there.
            trace_context: The trace that it belongs to.
            encrypt: Seal a request to the cell's key, and its result to this session's `event_secret`. Only nodes that
                are cleared for private work get it. Its id, app, topic, time and size can be seen all the same.

        Raises:
            EventRefusedError: The topic is reserved, the payload too large, the request is none, or what is to be
                encrypted is no request.
            PrivacyError: It holds private content, which every node of the cell could read; or it is to be encrypted,
                and the cell has no key.
            CellBusyError: The cell takes no more for now.
            CellUnavailableError: The cell does not answer.
        """
        own = self._session or session()
        engine = await own.engine()
        data = _bytes(payload)
        headers = {"traceparent": trace_context.traceparent} if trace_context else {}
        if topic == REQUESTS_TOPIC:
            key = reply_key(own.event_secret, _id(data)) if encrypt else b""
            request = Request.parse(self._app, data, engine.cell.events, key)
            if encrypt:
                data = await self._sealed(engine, request, json.loads(data))
            else:
                _require_open(json.loads(data))
                _require_open({"context": request.context})
            _require_open({"texts": [request.request_id, request.return_topic]})
            event_id = f"request.{request.key}.{request.digest[:16]}"
            return await engine.requests.publish(self._app, data, event_id=event_id, headers=headers, sealed=encrypt)
        open_topic(topic)
        if encrypt:
            raise EventRefusedError(
                f"only requests can be encrypted, and '{topic}' is not where they go",
                hint="Who reads your topic has no key of the cell's: encrypt the payload yourself.",
            )
        if len(data) > engine.cell.events.max_bytes:
            raise EventRefusedError(f"the event has {len(data)} bytes, {engine.cell.events.max_bytes} are allowed")
        _require_open({"text": data.decode("utf-8", "replace")})
        return await engine.events.publish(topic, data, event_id=event_id or new_id(), headers=headers)

    async def _sealed(self, engine: Engine, request: Request, said: Mapping[str, Any]) -> bytes:
        public = PublicKey.said(await engine.configuration.get(EVENT_KEY))
        if public is None:
            raise PrivacyError(
                "the cell has no key to encrypt events to",
                hint="Make one on a cleared node: aurarouter grid keys make.",
            )
        said = {**said, "return_topic": request.return_topic}
        data = Envelope.seal(self._app, said, public, request.reply_key).payload
        if len(data) > engine.cell.events.max_bytes:
            raise EventRefusedError(
                f"encrypted, the event has {len(data)} bytes, {engine.cell.events.max_bytes} are allowed"
            )
        return data


class EventSubscriber:
    """Reads events of the cell.

    Args:
        session: The cell; None for the shared session of the running event loop.
    """

    def __init__(self, session: Session | None = None) -> None:
        self._session = session

    async def consume(self, topic: str, *, after: int | None = None, consumer_id: str = "") -> AsyncGenerator[Event]:
        """Events of a topic, each once, and then those that come; break off when you have what you want.

        A result that was encrypted for this session is opened; one for another program comes as it is.

        Args:
            topic: Whose.
            after: Begin beyond this sequence number; None to begin where this program first spoke to the cell, so
                that no answer to what it has asked is missed.
            consumer_id: A name under which the cell keeps how far you are: after a restart it goes on with the event
                that was being looked at.

        Raises:
            EventRefusedError: There is no such topic, or the name is none.
            CellUnavailableError: The cell can't be reached at the beginning; later it is waited for.
        """
        checked_topic(topic)
        if consumer_id and not APP.fullmatch(consumer_id):
            raise EventRefusedError("'consumer_id' must be letters, digits, '-' and '_', 64 at most")
        own = self._session or session()
        engine = await own.engine()
        kept = await engine.positions.get(consumer_id, topic) if consumer_id and after is None else None
        start = next(number for number in (after, kept, own.began_at) if number is not None)
        seen: OrderedDict[str, None] = OrderedDict()
        async with aclosing(engine.events.read(topic, after=start)) as events:
            async for event in events:
                if event.event_id not in seen:
                    seen[event.event_id] = None
                    if len(seen) > REMEMBERED:
                        seen.popitem(last=False)
                    yield _opened(event, own.event_secret)
                if consumer_id:
                    await engine.positions.put(consumer_id, topic, event.sequence_number)


def _bytes(payload: Payload) -> bytes:
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, str):
        return payload.encode("utf-8", "replace")
    if isinstance(payload, Mapping):
        return json.dumps(payload).encode()
    raise EventRefusedError(f"a payload can't be {type(payload).__name__}", hint="Give text, bytes or a mapping.")


def _id(data: bytes) -> str:
    """A request's id, before anything is checked: a request that has none is refused soon."""
    try:
        return str(json.loads(data)["request_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _opened(event: Event, secret: Secret) -> Event:
    if SEALED not in event.headers:
        return event
    try:
        return evolve(event, payload=open_result(event.payload, secret))
    except SealedError:
        return event


def _require_open(content: Mapping[str, Any]) -> None:
    if is_private(content):
        raise PrivacyError(
            "the event holds private content, and every node of the cell can read events",
            hint="Publish it with encrypt=True, or call the service of a cleared node: create_service_client(…).",
        )


event_publisher = EventPublisher()
event_subscriber = EventSubscriber()
