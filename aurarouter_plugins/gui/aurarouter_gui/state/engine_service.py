"""The shared engine as a service: the one that this window, and all programs with its configuration, work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aurarouter_core import EngineControl
from aurarouter_gui.service import Condition, Service
from aurarouter_gui.state.link import Link, Standing
from aurarouter_gui.state.words import seconds

ALONE = "Programs share no engine here; this window works with one of its own."
STOPPED = "The next call of any program starts it again."


class EngineService(Service):
    """Looked after through its lock and its socket, so what is shown is so whoever started it."""

    id = "engine"
    title = "Shared engine"
    tip = "Runs the models for all programs with this configuration"
    order = 10

    def __init__(self) -> None:
        self._ran = False
        self._ended = False
        self._link: Link
        self._control: EngineControl

    def begin(self, link: Link, changed: Callable[[], None]) -> None:
        """Look anew when the window loses it, or has it again."""
        self._link, self._control = link, EngineControl(link.path, link.plugins)

        def heard(_: Standing) -> None:
            changed()

        link.heard.append(heard)

    async def look(self) -> Condition:
        """What it says of itself; the end of its log where it has gone unasked."""
        if not self._control.shared:
            return Condition(words=ALONE)
        told = await asyncio.to_thread(self._control.status)
        if told["running"]:
            self._ran, self._ended = True, False
            return _condition(told)
        if self._ran and not self._ended:
            log = await asyncio.to_thread(self._control.last_words)
            return Condition(state="failed", words=f"It has ended. {STOPPED}", log=log, can=frozenset({"start"}))
        return Condition(words=STOPPED, can=frozenset({"start"}))

    async def start(self) -> None:
        """Start it where it does not run."""
        await asyncio.to_thread(self._control.start)

    async def pause(self) -> None:
        """Have it refuse new tasks, whoever they come from."""
        await asyncio.to_thread(self._control.pause)

    async def resume(self) -> None:
        """Have it accept tasks again."""
        await asyncio.to_thread(self._control.resume)

    async def stop(self) -> None:
        """End it; running tasks get some seconds."""
        self._ended = True
        await asyncio.to_thread(self._control.stop)


def _condition(told: Any) -> Condition:
    if "error" in told:
        return Condition(state="failed", words=f"Process {told['pid']} does not answer: {told['error']}")
    tasks, clients = told["tasks"], told["clients"]
    words = (
        f"process {told['pid']}, for {seconds(told['seconds'])}; {clients} {'client' if clients == 1 else 'clients'}, "
        f"{tasks} running {'task' if tasks == 1 else 'tasks'}"
    )
    if told["problem"]:
        words += f". The last change of the configuration was refused: {told['problem']}"
    paused = told["paused"]
    return Condition(
        state="paused" if paused else "running", words=words, can=frozenset({"resume" if paused else "pause", "stop"})
    )
