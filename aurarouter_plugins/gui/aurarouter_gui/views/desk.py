"""What all panels share: the way to the kernel, the worker, the colours, and a voice in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from aurarouter_core import Plugins
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.worker import Worker
from aurarouter_gui.views.palette import Colours

if TYPE_CHECKING:
    from aurarouter_gui.state.services import Services


class Bell(QObject):
    """Wakes the UI's thread from any other."""

    rung = Signal()


class Desk(QObject):
    """Handed to every panel's factory.

    Attributes:
        link: The way to the kernel; its coroutines run in `link.worker`, whose results come back on the UI's thread.
        plugins: All plugins.
        path: The configuration file that was named; None for the usual places.
        environment: "local" or "auragrid".
        colours: The theme in force; `restyled` says that it has changed.
        go: Shows the panel of this id.
        say: Shows a line at the bottom of the window for some seconds.
        reloaded: Emitted by whoever has changed the configuration, so that others look again.
    """

    restyled = Signal()
    reloaded = Signal()

    def __init__(self, path: Path | None, environment: str, plugins: Plugins, colours: Colours) -> None:
        super().__init__()
        self.path = path
        self.environment = environment
        self.plugins = plugins
        self.colours = colours
        self._services: Services | None = None
        self._bell = Bell()
        self.worker = Worker(self._bell.rung.emit)
        self._bell.rung.connect(self.worker.mailbox.deliver, Qt.ConnectionType.QueuedConnection)
        self.link = Link(self.worker, path, plugins)
        self.go: Callable[[str], None] = lambda _: None
        self.say: Callable[[str], None] = lambda _: None

    @property
    def services(self) -> Services:
        """The services of this machine, from when they are first asked for until the window closes."""
        if self._services is None:
            from aurarouter_gui.state.services import Services

            self._services = Services(self.link, self.plugins)
        return self._services

    @property
    def ending(self) -> list[str]:
        """Titles of the services that run, and end when the window closes."""
        return self._services.owned if self._services is not None else []

    def wear(self, colours: Colours) -> None:
        """Another theme is in force."""
        self.colours = colours
        self.restyled.emit()

    def close(self) -> None:
        """End the services that were started here, leave the kernel and end the worker."""
        self.worker.close(self._farewell)

    async def _farewell(self) -> None:
        if self._services is not None:
            await self._services.aclose()
        await self.link.aclose()
