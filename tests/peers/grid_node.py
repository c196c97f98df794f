"""A real node of a cell as a process of its own, with its own nats-server and home."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from attrs import evolve
from click.testing import CliRunner

from aurarouter_auragrid.cell import Cell, read_cell
from aurarouter_auragrid.client.session import Session
from aurarouter_core.cli import cli
from aurarouter_core.cli.failure import exit_code
from aurarouter_core.home import Home
from aurarouter_hooks import AuraRouterError

ECHO = """
models:
  echo: {provider: echo}
roles: {router: [echo], reasoning: [echo], coding: [echo]}
"""

# A provider that takes its time, so that there is something to cancel, to count and to interrupt.
PROGRAM = """
import asyncio, os, re
from aurarouter_hooks import Chunk, Location, Provider, Reply, hookimpl

class Slow(Provider):
    async def generate(self, prompt):
        return Reply(text=prompt.text)
    async def stream(self, prompt):
        if "DIE" in prompt.text and not os.path.exists("mercy"):
            raise OSError("this one kills its worker")
        seconds = re.search(r"SLEEP ([0-9.]+)", prompt.text)
        for number in range(3):
            await asyncio.sleep(float(seconds[1]) if seconds else 0.0)
            yield Chunk(text=f"{number + 1}. piece {number}\\n")
        yield Chunk(finish="stop")
    async def where(self):
        return Location(kind="process")

class Plugin:
    @hookimpl
    def register_providers(self):
        return {"slow": Slow}

from aurarouter_core import plugins
before = plugins.Plugins.__init__
def with_mine(self, *, extra=(), **rest):
    before(self, extra=[*extra, Plugin()], **rest)
plugins.Plugins.__init__ = with_mine
from aurarouter_core.cli import main
main()
"""
SLOW = """
models:
  slow: {provider: slow}
roles: {router: [slow], reasoning: [slow], coding: [slow]}
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody has right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class GridNode:
    """`aurarouter grid up` in a process.

    Args:
        name: Its name in the cell.
        folder: Its own folder.
        config: Its configuration file's text.
        grid: More of the section `grid`.
        program: Code to run in the place of the command, for a node with plugins of a test's own.
        inside: A command in front of every other, to run it on a host of its own.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        config: str = ECHO,
        grid: dict[str, Any] | None = None,
        program: str = "",
        inside: tuple[str, ...] = (),
    ) -> None:
        self._inside = inside
        self.name, self.folder = name, folder
        self.home = folder / "node-home"
        self.home.mkdir(parents=True)
        self._config = folder / "auraconfig.yaml"
        section = {"node": name, "drain": 2.0, "discover": False, **(grid or {})}
        self._config.write_text(f"{config}\ngrid: {json.dumps(section)}\n")
        self._program = program or "from aurarouter_core.cli import main; main()"
        self.process: subprocess.Popen[str] | None = None

    @property
    def cell(self) -> Cell:
        """The way into the cell."""
        known = read_cell(Home(self.home))
        assert known is not None
        return known

    @property
    def joining(self) -> dict[str, Any]:
        """The section `grid` of another node that joins its cell and has no server of its own."""
        token = self.cell.token
        assert token is not None
        return {"urls": list(self.cell.urls), "token": token.reveal(), "engine": {"own": False}}

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "node.log").read_text()

    def environ(self) -> dict[str, str]:
        """What a program of this machine's user has in its environment."""
        return {**os.environ, "AURAROUTER_HOME": str(self.home)}

    def begin(self) -> None:
        """Start, without waiting."""
        (self.home / "grid" / "cell.json").unlink(missing_ok=True)
        with (self.folder / "node.log").open("a") as out:
            self.process = subprocess.Popen(
                [
                    *self._inside,
                    sys.executable,
                    "-c",
                    self._program,
                    "--config",
                    str(self._config),
                    "grid",
                    "up",
                    "--json",
                ],
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                env=self.environ(),
                cwd=self.folder,
            )

    def wait_ready(self) -> None:
        """Wait for its word that it is ready."""
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log
        assert line.endswith("}\n"), line + self.process.stdout.read() + self.log
        assert json.loads(line)["node"] == self.name

    def start(self) -> Self:
        """Start and wait until it's ready."""
        self.begin()
        self.wait_ready()
        return self

    def kill(self) -> None:
        """End it without any goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self._reaped()

    def stop(self) -> int:
        """End it as a user would; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return self._reaped() if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        return self._reaped()

    def _reaped(self) -> int:
        assert self.process is not None
        code = self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def engine_pid(self) -> int:
        """The process of its nats-server."""
        assert self.process is not None
        if self.process.poll() is not None:
            told = self.process.stdout.read() if self.process.stdout else ""
            raise AssertionError(f"node {self.name} has ended by itself: {told}{self.log}")
        found = next((self.home / "grid" / "engine").glob("*.ports"))
        return int(found.stem.rsplit("_", 1)[1])

    def session(self) -> Session:
        """A program's way in."""
        return Session(cell=evolve(self.cell))

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of this machine's user in this process; a thread, since the command has a loop of its own."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(self._ran, arguments).result()

    def _ran(self, arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
        command = ["--config", str(self._config), *arguments]
        done = CliRunner(env={"AURAROUTER_HOME": str(self.home)}).invoke(cli, command, prog_name="aurarouter")
        code, said, error = done.exit_code, done.stderr, done.exception
        if isinstance(error, AuraRouterError):
            code, said = exit_code(error), f"Error: {error}\nHint: {error.hint}\n"
        elif isinstance(error, Exception):
            raise error
        return subprocess.CompletedProcess(command, code, done.stdout, said)

    def run_program(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The same in a process of its own, as a user does."""
        python = [*self._inside, sys.executable]
        command = [*python, "-c", "from aurarouter_core.cli import main; main()", "--config", str(self._config)]
        return subprocess.run(
            [*command, *arguments], env=self.environ(), capture_output=True, text=True, timeout=120, check=False
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


Nodes = Callable[..., GridNode]
