"""A service that is a command of `aurarouter`, run as a child of the window and ended with it, however that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from aurarouter_core import Config
from aurarouter_gui.service import Condition, Deed, Service
from aurarouter_gui.state.child_output import ChildOutput
from aurarouter_gui.state.link import Link
from aurarouter_hooks import AuraRouterError

LOOK = 0.2
"""Seconds between two looks at whether the child lives and what it has said."""
STARTS, TURNS, ENDS, FAREWELL = 60.0, 5.0, 40.0, 5.0
"""Seconds to be ready in, to pause in, to end in when asked, and to end in when the window closes."""
PAUSE, RESUME = getattr(signal, "SIGUSR1", None), getattr(signal, "SIGUSR2", None)
Address = Callable[[Config], tuple[str, int]]


class Child(Service):
    """Runs a command that says as JSON, a line each, where it is and whether it is paused.

    The command takes new work until SIGUSR1, and again from SIGUSR2 on; SIGTERM ends it.

    Args:
        name, title, tip, order: As in `Service`; the name is its id.
        command: The words after `aurarouter`.
        address: Where it will listen, to tell whether somebody else does; None where that can't be told.
        pauses: It knows the two signals.
        drain: Seconds that its running work has to end in, where the configuration says so.
    """

    owned = True

    def __init__(
        self,
        *,
        name: str,
        title: str,
        tip: str,
        order: int,
        command: Sequence[str],
        address: Address | None = None,
        pauses: bool = True,
        drain: Callable[[Config], float] | None = None,
    ) -> None:
        self.id, self.title, self.tip, self.order = name, title, tip, order
        self._command, self._address, self._drain = tuple(command), address, drain
        self._pauses = pauses and PAUSE is not None
        self._process: subprocess.Popen[bytes] | None = None
        self._output = ChildOutput(name)
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None
        self._link: Link
        self._changed: Callable[[], None]

    def begin(self, link: Link, changed: Callable[[], None]) -> None:
        """Remember both."""
        self._link, self._changed = link, changed

    @property
    def _lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # How it is

    async def look(self) -> Condition:
        """From the child itself; where there is none, from who listens in its place."""
        if self._lives:
            self._output.hear()
            if self._stopping:
                return Condition(state="stopping", words="It ends what it is working on.")
            if not self._output.said:
                return Condition(state="starting", can=frozenset({"stop"}))
            where = f"{self.where(self._output.said)}, process {self._process.pid if self._process else 0}"
            turn: Deed = "resume" if self._output.said.get("paused") else "pause"
            can: set[Deed] = {"stop", *((turn,) if self._pauses else ())}
            return Condition(state="paused" if turn == "resume" else "running", words=where, can=frozenset(can))
        if self._process is not None and not self._stopping:
            code = self._process.returncode
            why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            return Condition(
                state="failed", words=f"It ended by itself: {why}.", log=self._output.last(), can=frozenset({"start"})
            )
        found = await self.found()
        if found:
            return Condition(state="elsewhere", words=found)
        return Condition(can=frozenset({"start"}))

    def where(self, said: dict[str, Any]) -> str:
        """Where it is to be found, from what it says of itself."""
        return str(said.get("url") or f"node {said.get('node', '')}")

    async def found(self) -> str:
        """What is to be said of one that runs already and is no child of this window; "" where there is none."""
        if self._address is None:
            return ""
        try:
            host, port = self._address(await self._link.config())
        except AuraRouterError:
            return ""  # who starts it is told what is wrong with the configuration
        if not port:
            return ""
        try:
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return ""
        writer.close()
        return f"Something else listens at {host}:{port}; it was not started here."

    async def _watch(self) -> None:
        """Tell at once when it says something, and when it is gone."""
        before: Any = None
        while self._lives:
            self._output.hear()
            if before != self._output.said:
                before = dict(self._output.said)
                self._changed()
            await asyncio.sleep(LOOK)
        self._let_go()
        self._changed()

    # What can be done

    async def start(self) -> None:
        """Start it, and wait until it is ready or has ended."""
        if self._lives:
            return
        self._spawn()
        self._watching = asyncio.create_task(self._watch())
        await self._until(lambda: bool(self._output.said) or not self._lives, STARTS)
        if not self._lives:
            raise AuraRouterError(f"{self.title} did not start", hint="Its last words are below.")

    def _spawn(self) -> None:
        config = ["--config", str(self._link.path)] if self._link.path else []
        self._stopping = False
        out = self._output.open()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "aurarouter_gui.following", *config, *self._command],
                stdin=subprocess.PIPE,
                stdout=out[0],
                stderr=out[1],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        except OSError as error:
            raise AuraRouterError(f"{self.title} can't be started: {error}") from error
        finally:
            for handle in out:
                os.close(handle)

    async def pause(self) -> None:
        """Have it refuse new work."""
        await self._turn(PAUSE, paused=True)

    async def resume(self) -> None:
        """Have it take work again."""
        await self._turn(RESUME, paused=False)

    async def _turn(self, number: signal.Signals | None, *, paused: bool) -> None:
        if self._process is None or number is None or not self._lives:
            raise AuraRouterError(f"{self.title} does not run")
        self._process.send_signal(number)
        await self._until(lambda: self._output.said.get("paused", False) is paused or not self._lives, TURNS)

    async def stop(self) -> None:
        """Ask it to end, and wait until it has; it is killed where it does not."""
        if self._process is None or not self._lives:
            return
        self._stopping = True
        self._process.terminate()
        self._changed()
        try:
            await self._until(lambda: not self._lives, ENDS + await self._draining())
        except AuraRouterError:
            self._process.kill()
            await self._until(lambda: not self._lives, ENDS)

    async def _draining(self) -> float:
        if self._drain is None:
            return 0.0
        try:
            return self._drain(await self._link.config())
        except AuraRouterError:
            return 0.0  # it began with another configuration than can be read now

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            if self._lives:
                self._output.hear()
            if holds():
                return
            if time.monotonic() > end:
                raise AuraRouterError(f"{self.title} did nothing for {seconds:.0f} s", hint=f"See {self._output.log}.")
            await asyncio.sleep(LOOK / 4)

    async def aclose(self) -> None:
        """Ask it to end; one that has much to do ends by itself a little later."""
        if self._process is not None and self._lives:
            self._stopping = True
            self._process.terminate()
            with suppress(AuraRouterError):
                await self._until(lambda: not self._lives, FAREWELL)
        self._let_go()

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
