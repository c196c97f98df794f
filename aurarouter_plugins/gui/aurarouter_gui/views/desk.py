"""What all panels share: the way to the kernel, the worker, the colours, and a voice in the window.

The kernel and all that is built on it are imported once the window is drawn, in a thread beside the UI's.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, SignalInstance

from aurarouter_gui.views.palette import Colours

if TYPE_CHECKING:
    from threading import Thread

    from aurarouter_core import Plugins
    from aurarouter_gui.state.link import Link
    from aurarouter_gui.state.services import Services
    from aurarouter_gui.state.worker import Worker

NEXT = ("state.link", "state.workspace", "views.execution_view", "views.history_view", "views.turn_view")
"""What is imported beside the kernel: what the window needs next."""


class Bell(QObject):
    """Wakes the UI's thread from any other."""

    rung = Signal()


class News(QObject):
    """What the panels of one environment hear of each other."""

    restyled = Signal()
    reloaded = Signal()


class Desk(QObject):
    """Handed to every panel's factory.

    Attributes:
        link: The way to the kernel; its coroutines run in `link.worker`, whose results come back on the UI's thread.
        plugins: All plugins; who asks before they are gathered waits.
        path: The configuration file that was named; None for the usual places.
        environment: "local" or "auragrid".
        colours: The theme in force; `restyled` says that it has changed.
        go: Shows the panel of this id.
        say: Shows a line at the bottom of the window for some seconds.
        reloaded: Emitted by whoever has changed the configuration, so that others look again.
        gathered: Emitted when `ready` has become true: there are the plugins, and what is built on the kernel.
    """

    gathered = Signal()
    _there = Signal()

    def __init__(self, path: Path | None, environment: str, plugins: Plugins | None, colours: Colours) -> None:
        super().__init__()
        self.path = path
        self.environment = environment
        self.colours = colours
        self._plugins = plugins
        self._complete = self.ready
        self._gathering: Thread | None = None
        self._there.connect(self._begin)  # from a thread, so it waits for the loop
        self._closed = False
        self._news = News()
        self._worker: Worker | None = None
        self._link: Link | None = None
        self._services: Services | None = None
        self.go: Callable[[str], None] = lambda _: None
        self.say: Callable[[str], None] = lambda _: None

    def start(self) -> None:
        """Begin to work, now that the window is drawn. Nothing happens when that was said before."""
        if self._complete:
            self.worker.start()
        elif self._gathering is None:
            from threading import Thread  # Python's module is looked through by PySide, as each that is imported here

            self._gathering = Thread(target=self._gather, name="aurarouter-gui-imports", daemon=True)
            self._gathering.start()

    def _gather(self) -> None:
        try:
            self._plugins = self._plugins or _gathered()
        finally:
            self._there.emit()  # where it failed, whoever asks now gets the error

    def _begin(self) -> None:
        if not self._closed:
            self.gathered.emit()
            self.worker.start()

    @property
    def ready(self) -> bool:
        """Whether asking for `plugins`, `worker` or `link` costs nothing."""
        return self._plugins is not None

    @property
    def plugins(self) -> Plugins:
        """All plugins. Asked on the UI's thread."""
        if self._plugins is None and self._gathering is not None:
            self._gathering.join()
        if self._plugins is None:
            self._plugins = _gathered()
        return self._plugins

    @property
    def worker(self) -> Worker:
        """Where all waiting is done."""
        if self._worker is None:
            from PySide6.QtCore import Qt

            from aurarouter_gui.state.worker import Worker

            bell = self._bell = Bell()
            self._worker = Worker(bell.rung.emit)
            bell.rung.connect(self._worker.mailbox.deliver, Qt.ConnectionType.QueuedConnection)
        return self._worker

    @property
    def link(self) -> Link:
        """The way to the kernel."""
        if self._link is None:
            from aurarouter_gui.state.link import Link

            self._link = Link(self.worker, self.path, self.plugins)
        return self._link

    @property
    def restyled(self) -> SignalInstance:
        """Another theme is in force."""
        return self._news.restyled

    @property
    def reloaded(self) -> SignalInstance:
        """The configuration was changed."""
        return self._news.reloaded

    def turn_to(self, environment: str) -> None:
        """The panels that are shown go, and others come: those that go hear nothing more."""
        self.worker.turn()
        before, self._news = self._news, News()
        before.deleteLater()
        self.environment = environment

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
        self._closed = True
        if self._gathering is not None:
            self._gathering.join()
        if self.ready:
            self.worker.close(self._farewell)

    async def _farewell(self) -> None:
        if self._services is not None:
            await self._services.aclose()
        await self.link.aclose()


def _gathered() -> Plugins:
    """All plugins, and what the window needs next."""
    from aurarouter_core import Plugins

    for name in NEXT:
        import_module(f"aurarouter_gui.{name}")
    return Plugins()
