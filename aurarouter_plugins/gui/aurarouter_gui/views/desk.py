"""What all panels share: the way to the kernel, the worker, the colours, and a voice in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from aurarouter_core import Plugins
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.worker import Worker
from aurarouter_gui.views.palette import Colours


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
        self._bell = Bell()
        self.worker = Worker(self._bell.rung.emit)
        self._bell.rung.connect(self.worker.mailbox.deliver, Qt.ConnectionType.QueuedConnection)
        self.link = Link(self.worker, path, plugins)
        self.go: Callable[[str], None] = lambda _: None
        self.say: Callable[[str], None] = lambda _: None

    def wear(self, colours: Colours) -> None:
        """Another theme is in force."""
        self.colours = colours
        self.restyled.emit()

    def close(self) -> None:
        """Leave the kernel and end the worker."""
        self.worker.close(self.link.aclose)
