"""The engine: one router, and all clients that reach it through one socket."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import time
from typing import Any

from aurarouter_core import __version__
from aurarouter_core.daemon import faults
from aurarouter_core.daemon.frames import GREETING, PROTOCOL, EngineLostError, Message, packed, read
from aurarouter_core.daemon.log import keep_short
from aurarouter_core.daemon.place import Place, usable
from aurarouter_core.daemon.serving import Serving
from aurarouter_core.loading import files_of
from aurarouter_core.router import Router
from aurarouter_core.watch import look
from aurarouter_hooks import AuraRouterError, DaemonError

log = logging.getLogger(__name__)
CREDENTIALS = struct.Struct("3i")
"""Process, user, group: what the system says of the other side of a socket."""
GREETED = 5.0
"""Seconds in which a client must have said who it is."""
CLIENTS = 512
"""Connections at a time."""
LAST_TASKS = 5.0
"""Seconds that running tasks get when the engine stops."""


class Engine:
    """Serves clients until it is told to stop, or nobody has needed it for a while.

    Args:
        router: At work already.
        place: Where its socket goes.
    """

    def __init__(self, router: Router, place: Place) -> None:
        self.router = router
        self._place = place
        self._began = time.time()
        self._over = asyncio.Event()
        self._serving: dict[Serving, asyncio.Task[Any]] = {}
        self._idle: asyncio.TimerHandle | None = None

    async def serve(self, ready: Any = None) -> None:
        """Listen and answer until the end.

        Args:
            ready: Called once clients can connect.
        """
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with usable(self._place.address), self._place.short_address() as path:
                self._place.address.unlink(missing_ok=True)  # of an engine that was killed: the lock is ours
                listening.bind(path)
        finally:
            os.umask(before)
        server = await asyncio.start_unix_server(self._greet, sock=listening, backlog=CLIENTS)
        trimming = asyncio.create_task(keep_short(self._place))
        try:
            self._rest()
            log.info("process %d serves %s", os.getpid(), self._place.folder.name)
            if ready is not None:
                ready()
            await self._over.wait()
        finally:
            trimming.cancel()
            self._place.address.unlink(missing_ok=True)
            server.close()
            await self.router.drain(LAST_TASKS)
            tasks = list(self._serving.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self, why: str) -> None:
        """Stop: running tasks get a moment, new ones are refused."""
        log.info("the engine stops: %s", why)
        self._over.set()

    def status(self) -> dict[str, Any]:
        """What `aurarouter status` shows."""
        config = self.router.snapshot.config
        problem = self.router.problem
        return {
            "running": True,
            "pid": os.getpid(),
            "version": __version__,
            "started_at": self._began,
            "seconds": time.time() - self._began,
            "config": str(config.path) if config.path else None,
            "clients": len(self._serving),
            "tasks": self.router.gate.count,
            "paused": bool(self.router.gate.refusal),
            "problem": str(problem) if problem else None,
            "models": len(self.router.snapshot.models),
            "idle_after": config.system.daemon_idle,
            "place": str(self._place.folder),
            "log": str(self._place.log),
        }

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(GREETED):
                hello = await self._hello(reader, writer)
            if hello is not None:
                await self._welcome(hello, reader, writer)
        except (EngineLostError, TimeoutError, OSError):
            log.debug("a client went before it said anything")
        except DaemonError as error:
            log.warning("a client is turned away: %s", error)
        finally:
            writer.close()

    async def _hello(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Message | None:
        stranger = _stranger(writer)
        try:
            if stranger is not None:
                raise DaemonError(f"the user {stranger} may not use this engine")
            hello = await read(reader, GREETING)
            if hello.get("protocol") != PROTOCOL or hello.get("version") != __version__:
                theirs = f"{hello.get('version')} (protocol {hello.get('protocol')})"
                raise DaemonError(
                    f"the shared engine is aurarouter {__version__} (protocol {PROTOCOL}), the client {theirs}",
                    hint="Stop the engine: aurarouter stop",
                )
            if len(self._serving) >= CLIENTS:
                raise DaemonError(f"the shared engine has {CLIENTS} clients already", hint="End some of them.")
        except EngineLostError:
            raise
        except DaemonError as error:
            log.warning("a client is turned away: %s", error)
            writer.write(packed({"error": faults.encode(error)}))
            await writer.drain()
            return None
        return hello

    async def _welcome(self, hello: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = Serving(self, reader, writer, str(hello.get("surface") or "embedded"))
        visits = hello.get("visits") is True
        if not visits:
            self._serving[serving] = asyncio.current_task()  # type: ignore[assignment]
            self._rest()
            await self._read_again()
        try:
            problem = self.router.problem
            greeting = {"protocol": PROTOCOL, "pid": os.getpid(), "problem": str(problem) if problem else None}
            writer.write(packed(greeting))
            await writer.drain()
            await serving.serve()
        finally:
            self._serving.pop(serving, None)
            self._rest()

    async def _read_again(self) -> None:
        """Whoever changed the configuration and then attaches finds the change in force."""
        config = self.router.snapshot.config
        if await asyncio.to_thread(lambda: look(files_of(config.request))) == config.seen:
            return
        try:
            await self.router.reload()
        except AuraRouterError as error:
            log.warning("the configuration has changed and can't be used: %s", error)

    def _rest(self) -> None:
        """Count the time that nobody is there."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self._serving:
            seconds = self.router.snapshot.config.system.daemon_idle
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(seconds, self.end, f"nobody has used it for {seconds:.0f} s")


def _stranger(writer: asyncio.StreamWriter) -> int | None:
    """The user at the other side, when that is not ours. Where the system can't say, the folder's mode must do."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    told = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, option, CREDENTIALS.size)
    user: int = CREDENTIALS.unpack(told)[1]
    return None if user == os.geteuid() else user
