"""The cell's own NATS server as a child: started, watched, started again when it dies, ended with its node."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any

from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.server.binary import nats_server
from aurarouter_auragrid.server.conf import conf
from aurarouter_auragrid.server.room import Room
from aurarouter_auragrid.settings import Grid
from aurarouter_core.home import private_folder

log = logging.getLogger(__name__)
PATIENCE = 20.0
"""Seconds that it has to start or to end."""
LONGEST_PAUSE = 5.0
LOOK = 5.0
"""Seconds between two looks at its disk."""
# A node that is killed takes its server along: the program asks the kernel for a signal at its parent's death.
TIED = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGTERM)\n"
    "os.getppid() == int(sys.argv[1]) or sys.exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])\n"
)


class NatsServer:
    """One `nats-server`.

    Args:
        name: Its name in the cell.
        grid: What the user configured.
        folder: Its own folder, for its store, log and configuration.
    """

    def __init__(self, name: str, grid: Grid, folder: Path) -> None:
        self._name, self._grid, self._folder = name, grid, folder
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Future[Any] | None = None
        self.port = grid.engine.port
        self.token = grid.token.reveal() if grid.token else ""
        self.starts = 0
        self._room: Room

    @property
    def url(self) -> str:
        """Where clients connect."""
        host = "127.0.0.1" if self._grid.host in ("0.0.0.0", "::") else self._grid.host  # noqa: S104 - compared, not bound
        return f"{'tls' if self._grid.tls else 'nats'}://{host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it and keep it running.

        Raises:
            GridError: It does not start; its last words are told.
        """
        private_folder(self._folder)
        self.token = self.token or self._kept("token", secrets.token_urlsafe(24))
        if self.port == -1 and (kept := self._read("port")):
            self.port = int(kept)
        await self._started_in_the_end()
        self._kept("port", str(self.port))
        self._watch = asyncio.gather(self._watched(), self._given_room())

    async def stop(self) -> None:
        """End it; all that it was given is on disk."""
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        except TimeoutError:
            log.warning("nats-server %s does not end and is killed", process.pid)
            process.kill()
            await process.wait()

    async def _started_in_the_end(self) -> None:
        """Start it; the one of a node that was killed may need a moment to end."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                await self._started()
                return
            except GridError as error:
                if "in use" not in str(error) or asyncio.get_running_loop().time() > end:
                    raise
            await asyncio.sleep(0.2)

    async def _started(self) -> None:
        for left in self._folder.glob("*.ports"):
            left.unlink(missing_ok=True)
        path = self._folder / "nats.conf"
        text = conf(self._name, self._grid, port=self.port, token=self.token, folder=self._folder)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        command = [str(nats_server()), "-c", str(path)]
        if sys.platform == "linux":
            command = [sys.executable, "-IS", "-c", TIED, str(os.getpid()), *command]
        with (self._folder / "nats.log").open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self.starts += 1
        self._room = Room(self._folder)
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._ready():
                    if self._process.returncode is not None:
                        raise GridError(
                            f"nats-server ended: {self._last_words()}", hint=f"See {self._folder}/nats.log."
                        )
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            await self._end()
            raise GridError(f"nats-server did not start within {PATIENCE:.0f} seconds: {self._last_words()}") from error
        except BaseException:
            await self._end()
            raise

    def _ready(self) -> bool:
        """It has told its port; then it listens."""
        for path in self._folder.glob("*.ports"):
            try:
                urls = json.loads(path.read_text())["nats"]
            except (ValueError, KeyError, OSError):
                continue  # half written
            self.port = int(urls[0].rsplit(":", 1)[1])
            return True
        return False

    def _last_words(self) -> str:
        lines = (self._folder / "nats.log").read_text(errors="replace").splitlines()
        grave = [line for line in lines[-30:] if "[FTL]" in line or "[ERR]" in line]
        return (grave or lines or ["it said nothing"])[-1].strip()

    async def _watched(self) -> None:
        pause = 0.1
        while True:
            assert self._process is not None  # noqa: S101 - it was started before it is watched
            began = asyncio.get_running_loop().time()
            code = await self._process.wait()
            log.warning("nats-server ended with code %s and is started again", code)
            while True:
                pause = 0.1 if asyncio.get_running_loop().time() - began > 60 else min(pause * 2, LONGEST_PAUSE)
                await asyncio.sleep(pause)
                try:
                    await self._started()
                    break
                except GridError as error:
                    log.error("%s", error)  # noqa: TRY400 - the cause is in its words

    async def _given_room(self) -> None:
        """End it once its disk, which was full, has room again: then it is started anew."""
        while True:
            await asyncio.sleep(LOOK)
            if await asyncio.to_thread(self._room.is_back):
                log.warning("the disk has room again: nats-server is started anew")
                await self._end()

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text().strip()
        except FileNotFoundError:
            return ""

    def _kept(self, name: str, value: str) -> str:
        """What was chosen before stays, so that others find it again."""
        path = self._folder / name
        known = self._read(name)
        if known and name == "token":
            return known
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value)
        return value
