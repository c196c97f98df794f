"""A client's connection to the engine: many requests at once, each with its own answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Self

from aurarouter_core import __version__
from aurarouter_core.daemon import faults, wire
from aurarouter_core.daemon.frames import AHEAD, PROTOCOL, EngineLostError, Message, packed, read, read_now
from aurarouter_core.daemon.place import Place
from aurarouter_hooks import DaemonError

PATIENCE = 10.0
"""Seconds in which the engine must greet."""
HALF = AHEAD // 2


def hello(surface: str, *, visits: bool = False) -> bytes:
    """A client's first words. One that only visits does not keep the engine alive."""
    return packed({"protocol": PROTOCOL, "version": __version__, "surface": surface, "visits": visits})


def welcomed(greeting: Message) -> Message:
    """The engine's first words.

    Raises:
        DaemonError: It wants no such client.
    """
    if "error" in greeting:
        raise faults.decode(greeting["error"])
    if greeting.get("protocol") != PROTOCOL:
        raise DaemonError("the shared engine speaks another protocol", hint="Stop it: aurarouter stop --force")
    return greeting


class Connection:
    """One open connection.

    Attributes:
        greeting: What the engine said at first.
        lost: Why it ended; None while it stands.
    """

    def __init__(self, greeting: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greeting = greeting
        self.lost: DaemonError | None = None
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._waiting: dict[int, asyncio.Queue[Message | DaemonError]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, place: Place, surface: str) -> Self | None:
        """Connect; None when no engine is there.

        Raises:
            DaemonError: One is there, and does not answer or wants no such client.
        """
        sock = place.call(PATIENCE)
        if sock is None:
            return None
        sock.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=sock)
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(hello(surface))
                greeting = welcomed(await read(reader))
        except EngineLostError:
            writer.close()
            return None  # it was about to end
        except TimeoutError as error:
            writer.close()
            hint = "End it: aurarouter stop --force"
            raise DaemonError(f"the shared engine has not answered for {PATIENCE:.0f} s", hint=hint) from error
        except BaseException:
            writer.close()
            raise
        return cls(greeting, reader, writer)

    async def _read(self) -> None:
        try:
            while True:
                message = await read(self._reader)
                queue = self._waiting.get(message.get("id", 0))
                if queue is not None:
                    queue.put_nowait(message)
        except DaemonError as error:
            self.lost = error
        finally:
            self.lost = self.lost or EngineLostError("the connection to the shared engine is closed")
            for queue in self._waiting.values():
                queue.put_nowait(self.lost)
            self._writer.close()

    async def _send(self, message: Message) -> None:
        data = packed(message)
        if self.lost is not None:
            raise EngineLostError from self.lost
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            self.lost = self.lost or EngineLostError()  # so that the next try is not made here
            raise EngineLostError from error

    async def ask(self, method: str, *arguments: Any) -> Any:
        """One answer.

        Raises:
            EngineLostError: The engine ended before it answered.
            AuraRouterError: What the engine answered.
        """
        number, queue = self._register()
        answered = False
        try:
            await self._send({"id": number, "do": method, "with": wire.encode(arguments)})
            answer = _checked(await queue.get())
            answered = True
            return wire.decode(answer.get("result"))
        finally:
            self._leave(number, answered=answered)

    async def stream(self, method: str, *arguments: Any) -> AsyncGenerator[Any]:
        """Answers one after another; close it to cancel.

        Raises:
            EngineLostError, AuraRouterError: As `ask`.
        """
        number, queue = self._register()
        used, answered = 0, False
        try:
            await self._send({"id": number, "do": method, "with": wire.encode(arguments)})
            while True:
                answer = _checked(await queue.get())
                if "event" not in answer:
                    answered = True
                    return
                yield wire.decode(answer["event"])
                used += 1
                if used == HALF:
                    used = 0
                    await self._send({"id": number, "more": HALF})
        finally:
            self._leave(number, answered=answered)

    def _register(self) -> tuple[int, asyncio.Queue[Message | DaemonError]]:
        self._number += 1
        queue = self._waiting[self._number] = asyncio.Queue()  # at most AHEAD events and an end come into it
        return self._number, queue

    def _leave(self, number: int, *, answered: bool) -> None:
        self._waiting.pop(number, None)
        if not answered and self.lost is None:
            self._writer.write(packed({"id": number, "cancel": True}))  # a few bytes, and nothing to wait for

    async def until_lost(self) -> DaemonError:
        """Wait until it has ended; why."""
        await asyncio.wait([self._reading])
        return self.lost or EngineLostError()

    async def aclose(self) -> None:
        """Hang up; what is still running there is cancelled."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()


def _checked(answer: Message | DaemonError) -> Message:
    if isinstance(answer, DaemonError):
        raise EngineLostError from answer
    if "error" in answer:
        raise faults.decode(answer["error"])
    return answer


def ask_now(place: Place, method: str, *arguments: Any, patience: float = PATIENCE) -> Any:
    """One answer, from plain code, over a connection of its own that does not keep the engine alive.

    Raises:
        EngineLostError: No engine is there, or it ended before it answered.
        AuraRouterError: What the engine answered.
    """
    connection = place.call(patience)
    if connection is None:
        raise EngineLostError("no shared engine is running")
    with connection:
        try:
            connection.sendall(hello("cli", visits=True))
            welcomed(read_now(connection))
            connection.sendall(packed({"id": 1, "do": method, "with": wire.encode(arguments)}))
            return wire.decode(_checked(read_now(connection)).get("result"))
        except OSError as error:
            raise EngineLostError from error
