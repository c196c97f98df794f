"""One client's connection, as the engine sees it: many requests at once, none of which can hold up the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from aurarouter_core.daemon import faults, wire
from aurarouter_core.daemon.frames import AHEAD, EngineLostError, Message, packed, read
from aurarouter_core.daemon.methods import METHODS, STREAMS
from aurarouter_hooks import DaemonError

if TYPE_CHECKING:
    from aurarouter_core.daemon.engine import Engine

log = logging.getLogger(__name__)
AT_ONCE = 1024
"""Requests of one client at a time."""
PATIENCE = 60.0
"""Seconds that a client may take to read what it was sent."""


class Serving:
    """Answers one client until it goes; then whatever it still wanted is cancelled."""

    def __init__(
        self, engine: Engine, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, surface: str
    ) -> None:
        self.surface = surface
        self._engine = engine
        self._reader = reader
        self._writer = writer
        self._sending = asyncio.Lock()
        self._requests: dict[int, asyncio.Task[None]] = {}
        self._credit: dict[int, asyncio.Semaphore] = {}

    async def serve(self) -> None:
        """Until the connection ends.

        Raises:
            DaemonError: The client said what makes no sense; nothing more is read from it.
        """
        try:
            while True:
                self._take(await read(self._reader))
        except EngineLostError:
            log.debug("a client has gone")
        finally:
            running = list(self._requests.values())
            for request in running:
                request.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _take(self, message: Message) -> None:
        number = message.get("id")
        if not isinstance(number, int):
            raise DaemonError("a message has no number")
        if message.get("cancel"):
            if number in self._requests:
                self._requests[number].cancel()
        elif "more" in message:
            self._more(number, message["more"])
        elif number in self._requests:
            raise DaemonError(f"there are two requests with the number {number}")
        else:
            request = asyncio.create_task(self._answer(number, message))
            self._requests[number] = request
            request.add_done_callback(lambda _: self._forget(number))

    def _more(self, number: int, count: Any) -> None:
        credit = self._credit.get(number)
        if not isinstance(count, int) or not 0 < count <= AHEAD:
            raise DaemonError("a client asks for more than it may")
        if credit is not None:
            for _ in range(count):
                credit.release()

    def _forget(self, number: int) -> None:
        self._requests.pop(number, None)
        self._credit.pop(number, None)

    async def _answer(self, number: int, message: Message) -> None:
        try:
            if len(self._requests) > AT_ONCE:
                raise DaemonError(f"this client has {AT_ONCE} requests running already", hint="Wait for some to end.")
            name, arguments = str(message.get("do")), wire.decode(message.get("with", []))
            if not isinstance(arguments, tuple):
                raise DaemonError("a request's arguments are no list")
            if name in STREAMS:
                await self._tell(number, STREAMS[name](self._engine, self.surface, *arguments))
                answer: Any = None
            elif name in METHODS:
                answer = await METHODS[name](self._engine, self.surface, *arguments)
            else:
                raise DaemonError(f"the shared engine has no method '{name}'", hint="Stop it: aurarouter stop")
            await self._send({"id": number, "result": wire.encode(answer)})
        except EngineLostError:
            return  # the client has gone, and with it everybody who could be told
        except Exception as error:  # noqa: BLE001 - whatever it is, the client that asked is told, and the engine lives on
            await self._send({"id": number, "error": faults.encode(error)})

    async def _tell(self, number: int, events: AsyncGenerator[Any]) -> None:
        credit = self._credit[number] = asyncio.Semaphore(AHEAD)
        async with aclosing(events):
            async for event in events:
                await credit.acquire()
                await self._send({"id": number, "event": wire.encode(event)})

    async def _send(self, message: Message) -> None:
        data = packed(message)
        if not self._sending.locked() and not self._writer.transport.get_write_buffer_size():
            self._writer.write(data)  # the usual case: the client has read all there was
            if not self._writer.transport.get_write_buffer_size():
                return
            data = b""
        async with self._sending:
            try:
                async with asyncio.timeout(PATIENCE):
                    self._writer.write(data)
                    await self._writer.drain()
            except (TimeoutError, OSError) as error:
                self._writer.transport.abort()
                raise EngineLostError from error
