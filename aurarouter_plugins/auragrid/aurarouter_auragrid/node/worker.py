"""Works on requests that come as events: each gets one answer, whatever dies on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.engine.answers import Answer
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REPLAY, Given
from aurarouter_auragrid.errors import CellBusyError, CellUnavailableError, EventRefusedError, GridError
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.settings import Events
from aurarouter_core import Router, UnifiedRouterService
from aurarouter_hooks import TraceContext

log = logging.getLogger(__name__)
T = TypeVar("T")
TRACE = "traceparent"
LARGEST = 900_000
"""Bytes of a result that the engine takes as one event."""
PATIENCE = 60.0
"""Seconds that an answer is kept in hand while the cell does not take it."""


class Worker:
    """The node's share of the cell's requests.

    Args:
        engine: The cell.
        router: Does the work.
        events: How much at a time, and the limits.
    """

    def __init__(self, engine: Engine, router: Router, events: Events) -> None:
        self._engine, self._events = engine, events
        self._service = UnifiedRouterService(router)
        self._ending = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self.running = 0

    def begin(self) -> list[asyncio.Task[None]]:
        """Take requests from now on."""
        self._loops = [asyncio.create_task(self._work()) for _ in range(self._events.concurrency)]
        return self._loops

    def stop_taking(self) -> None:
        """Take nothing new."""
        self._ending.set()

    async def end(self, grace: float) -> None:
        """Take nothing new, give what runs time to end, and what is left back to the cell."""
        self.stop_taking()
        if self._loops:
            await asyncio.wait(self._loops, timeout=grace)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _work(self) -> None:
        async with aclosing(self._engine.requests.given()) as requests:
            while not self._ending.is_set():
                given = await self._next(requests)
                if given is None:
                    return
                self.running += 1
                try:
                    async with _kept(given, self._events.ack_wait / 3):
                        await self._answer(given)
                        await given.done()
                except asyncio.CancelledError:
                    with contextlib.suppress(GridError):
                        await given.give_back()
                    raise
                except GridError as error:
                    log.warning("request %s is left to another node: %s", given.sequence_number, error)
                except Exception:
                    # A fault of a plugin's or ours. Others may do better; in the end the request is set aside.
                    log.exception("request %s can't be worked on", given.sequence_number)
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

    async def _answer(self, given: Given) -> None:
        """Answer a request, once and for all.

        The order makes it safe: the answer is settled in the cell, then published, then the request is done with. A
        node that dies in between leaves it to another, which finds the answer settled and only publishes it.
        """
        try:
            request = Request.parse(given.app, given.payload, self._events)
        except EventRefusedError as error:
            why = str(error)
            await _insisted(lambda: self._engine.requests.bury(given, why))
            return
        settled = await _insisted(lambda: self._engine.answers.get(request.key))
        if settled is None:
            result = await self._result(given, request)
            event_id = ".".join(filter(None, ("answer", request.key, given.headers.get(REPLAY, ""))))
            answer = Answer(digest=request.digest, event_id=event_id, return_topic=request.return_topic, result=result)
            settled = await _insisted(lambda: self._engine.answers.settle(request.key, answer))
        if settled.digest != request.digest:
            reason = "its request_id was used for another request before"
            await _insisted(lambda: self._engine.requests.bury(given, reason))
            return
        headers = {TRACE: given.headers[TRACE]} if TRACE in given.headers else {}
        answer = settled
        await _insisted(
            lambda: self._engine.events.publish(
                answer.return_topic, json.dumps(answer.result).encode(), event_id=answer.event_id, headers=headers
            )
        )

    async def _result(self, given: Given, request: Request) -> dict[str, Any]:
        began = time.monotonic()
        if given.deliveries > self._events.max_deliveries:
            words = f"it was given out {given.deliveries - 1} times, and no node lived to answer it"
            await _insisted(lambda: self._engine.requests.bury(given, words))
            said: dict[str, Any] = {"result": "", "success": False, "error": words}
        else:
            arrival.set(Arrival(way="event", app=request.app))
            said = await self._service.intelligent_code_gen(
                task=request.task,
                language=request.language,
                file_context=request.context or None,
                private=request.private,
                app=request.app,
                trace_context=TraceContext.parse(given.headers.get(TRACE, "")),
            )
        result = {
            "request_id": request.request_id,
            "result": said["result"],
            "success": said["success"],
            **({"error": said["error"]} if "error" in said else {}),
            "language": request.language,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "elapsed_s": round(time.monotonic() - began, 6),
        }
        if len(json.dumps(result)) > LARGEST:
            result |= {
                "result": "",
                "success": False,
                "error": "the answer is too large for an event; call the service",
            }
        return result


@asynccontextmanager
async def _kept(given: Given, every: float) -> AsyncIterator[None]:
    """Say again and again that the request is worked on."""

    async def say() -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await given.still_working()
            except GridError as error:
                log.info("request %s: %s", given.sequence_number, error)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)


async def _insisted(act: Callable[[], Awaitable[T]]) -> T:
    """Try again while the cell has no majority or no room: what is in hand would have to be made anew elsewhere.

    Raises:
        GridError: It went on for too long.
    """
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return await act()
        except (CellUnavailableError, CellBusyError):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.5)
