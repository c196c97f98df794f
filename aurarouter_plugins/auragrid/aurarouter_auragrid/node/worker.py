"""Works on requests that come as events: each gets one answer, whatever dies on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, Literal

from attrs import evolve

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.ending import ended
from aurarouter_auragrid.engine.answers import Answer
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import CLEARED_WORKERS, REPLAY, WORKERS, Given
from aurarouter_auragrid.errors import EventRefusedError, GridError
from aurarouter_auragrid.faults import logged
from aurarouter_auragrid.node.keeping import insisted, kept
from aurarouter_auragrid.node.standing import Standing
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.sealing.envelope import SEALED, Envelope, seal_result
from aurarouter_auragrid.sealing.keys import KeyFolder
from aurarouter_auragrid.settings import Events
from aurarouter_core import Router, UnifiedRouterService
from aurarouter_hooks import TraceContext

log = logging.getLogger(__name__)
TRACE = "traceparent"
LARGEST = 900_000
"""Bytes of a result that the engine takes as one event."""


class Worker:
    """The node's share of the cell's requests.

    Args:
        engine: The cell.
        router: Does the work.
        events: How much at a time, and the limits.
        keys: Open what is sealed.
        standing: Whether the cell's configuration lists this node for private work.
    """

    def __init__(self, engine: Engine, router: Router, events: Events, keys: KeyFolder, standing: Standing) -> None:
        self._engine, self._events = engine, events
        self._keys, self._standing = keys, standing
        self._service = UnifiedRouterService(router)
        self._ending = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self.running = 0

    def begin(self) -> list[asyncio.Task[None]]:
        """Take requests from now on; sealed ones while this node may open them."""
        sources: list[tuple[str, Callable[[], bool]]] = [(WORKERS, lambda: True), (CLEARED_WORKERS, self._may_open)]
        self._loops = [
            asyncio.create_task(self._work(consumer, ready))
            for consumer, ready in sources
            for _ in range(self._events.concurrency)
        ]
        return self._loops

    def stop_taking(self) -> None:
        """Take nothing new."""
        self._ending.set()

    async def end(self, grace: float) -> None:
        """Take nothing new, give what runs time to end, and what is left back to the cell."""
        self.stop_taking()
        if self._loops:
            await asyncio.wait(self._loops, timeout=grace)
        await ended(self._loops)

    def _may_open(self) -> bool:
        return self._standing.cleared and bool(self._keys.ids())

    async def _work(self, consumer: str, ready: Callable[[], bool]) -> None:
        async with aclosing(self._engine.requests.given(consumer, ready=ready)) as requests:
            while not self._ending.is_set():
                given = await self._next(requests)
                if given is None:
                    return
                self.running += 1
                try:
                    async with kept(given, self._events.ack_wait / 3):
                        if await self._answer(given):
                            await given.done()
                        else:
                            await given.give_back(1.0)
                except asyncio.CancelledError:
                    with contextlib.suppress(GridError):
                        await given.give_back()
                    raise
                except GridError as error:
                    log.warning("request %s is left to another node: %s", given.sequence_number, error)
                except Exception as error:  # noqa: BLE001 - a fault of a plugin's or ours
                    # Others may do better; in the end the request is set aside.
                    logged(log, f"request {given.sequence_number} can't be worked on", error)
                    with contextlib.suppress(GridError):
                        await given.give_back(1.0)
                finally:
                    self.running -= 1

    async def _next(self, requests: Any) -> Given | None:
        """The next request, or None when the node takes no more."""
        coming = asyncio.ensure_future(anext(requests))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({coming, ending}, return_when=asyncio.FIRST_COMPLETED)
            return coming.result() if coming.done() else None
        finally:
            ending.cancel()
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)

    async def _answer(self, given: Given) -> bool:
        """Answer a request, once and for all; False when another node has to.

        The order makes it safe: the answer is settled in the cell, then published, then the request is done with. A
        node that dies in between leaves it to another, which finds the answer settled and only publishes it.
        """
        try:
            request = await self._opened(given) if given.sealed else self._read(given, given.payload)
        except EventRefusedError as error:
            why = str(error)
            await insisted(lambda: self._engine.requests.bury(given, why))
            return True
        if request is None:
            return False
        settled = await insisted(lambda: self._engine.answers.get(request.key))
        if settled is None:
            result = await self._result(given, request)
            event_id = ".".join(filter(None, ("answer", request.key, given.headers.get(REPLAY, ""))))
            answer = Answer(digest=request.digest, event_id=event_id, return_topic=request.return_topic, result=result)
            settled = await insisted(lambda: self._engine.answers.settle(request.key, answer))
        if settled.digest != request.digest:
            reason = "its request_id was used for another request before"
            await insisted(lambda: self._engine.requests.bury(given, reason))
            return True
        headers = {TRACE: given.headers[TRACE]} if TRACE in given.headers else {}
        if given.sealed:
            headers[SEALED] = "result"
        answer = settled
        await insisted(
            lambda: self._engine.events.publish(
                answer.return_topic, json.dumps(answer.result).encode(), event_id=answer.event_id, headers=headers
            )
        )
        return True

    def _read(self, given: Given, payload: bytes, reply_key: bytes = b"") -> Request:
        return Request.parse(given.app, payload, self._events, reply_key)

    async def _opened(self, given: Given) -> Request | None:
        """What is sealed; None when this node can't open it now and another may.

        Raises:
            EventRefusedError: Nobody can, or it is no request. The words quote nothing of it.
        """
        envelope = Envelope.parse(given.app, given.payload)
        if given.deliveries > self._events.max_deliveries and envelope.key_id not in self._keys.ids():
            raise EventRefusedError(f"it is sealed to the key '{envelope.key_id}', which no node has")
        try:
            if not await self._standing.look():
                raise GridError("this node is not cleared")
            payload, reply_key = envelope.open(self._keys)
        except EventRefusedError:
            raise
        except GridError as error:
            log.warning("sealed request %s is left to another node: %s", given.sequence_number, error)
            return None
        try:
            return evolve(self._read(given, payload, reply_key), private=True)
        except EventRefusedError:
            raise EventRefusedError("what was sealed in it is no request") from None

    async def _result(self, given: Given, request: Request) -> dict[str, Any]:
        began = time.monotonic()
        if given.deliveries > self._events.max_deliveries:
            words = f"it was given out {given.deliveries - 1} times, and no node lived to answer it"
            await insisted(lambda: self._engine.requests.bury(given, words))
            said: dict[str, Any] = {"result": "", "success": False, "error": words}
        else:
            way: Literal["sealed", "event"] = "sealed" if given.sealed else "event"
            arrival.set(Arrival(way=way, app=request.app, cleared=self._standing.look))
            said = await self._service.intelligent_code_gen(
                task=request.task,
                language=request.language,
                file_context=request.context or None,
                private=request.private,
                app=request.app,
                request_id=request.request_id,
                trace_context=TraceContext.parse(given.headers.get(TRACE, "")),
            )
        result: dict[str, Any] = {
            "request_id": request.request_id,
            "result": said["result"],
            "success": said["success"],
            **({"error": said["error"]} if "error" in said else {}),
            "language": request.language,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "elapsed_s": round(time.monotonic() - began, 6),
        }
        words = "the answer is too large for an event; call the service"
        small = {**result, "result": "", "success": False, "error": words}
        for one in (result, small):
            said = seal_result(one, request.reply_key) if request.reply_key else one
            if len(json.dumps(said)) <= LARGEST:
                break
        return said
