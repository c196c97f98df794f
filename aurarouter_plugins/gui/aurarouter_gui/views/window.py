"""The window: navigation at the side, the panel that is chosen, and how the kernel is at the bottom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSize, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.environment_bar import EnvironmentBar
from aurarouter_gui.views.keys import Keys
from aurarouter_gui.views.losing import may_lose
from aurarouter_gui.views.navigation import Navigation
from aurarouter_gui.views.pages import Pages
from aurarouter_gui.views.palette import DARK, LIGHT, dress
from aurarouter_gui.views.panels import panels
from aurarouter_gui.views.standing_line import StandingLine

if TYPE_CHECKING:
    from aurarouter_core import Config
    from aurarouter_gui.panel import Panel
    from aurarouter_gui.views.first_run_view import FirstRunDialog
    from aurarouter_gui.views.panel_view import PanelView

FIRST_SIZE = QSize(1280, 820)
DRAWN = 50
"""Milliseconds after which a window that is shown is drawn."""
SAY = 6000
"""Milliseconds for which a line is shown at the bottom."""


class Window(QMainWindow):
    """The main window.

    Args:
        desk: What panels share.
        remembered: Where theme, place and size are kept.
    """

    def __init__(self, desk: Desk, remembered: QSettings) -> None:
        super().__init__()
        self.desk = desk
        self._remembered = remembered
        self.setWindowTitle("AuraRouter")
        self.resize(FIRST_SIZE)
        geometry = remembered.value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.panels: list[Panel] = []
        self._views: dict[str, PanelView] = {}
        self._keys = Keys(self)
        self._pages = Pages()
        self.environments = EnvironmentBar(desk, self.turn_to)
        self._body = QHBoxLayout()
        self._body.addWidget(self._pages, 1)
        inside = QWidget()
        inside.setObjectName("window")
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.environments)
        layout.addLayout(self._body, 1)
        self.setCentralWidget(inside)
        self.standing = StandingLine()
        self.statusBar().addPermanentWidget(self.standing)
        self.statusBar().setSizeGripEnabled(False)
        desk.go, desk.say = self.go, lambda line: self.statusBar().showMessage(line, SAY)
        self.first_run: FirstRunDialog | None = None
        early = not desk.ready
        if early:
            desk.gathered.connect(self._begin)  # before any page hears of it
        self._furnish()
        self.go(self.panels[0].id)
        if not early:
            self._begin()

    def _begin(self) -> None:
        """What there is to do once the plugins and the kernel are there."""
        from aurarouter_gui.state.outside import follow

        link = self.desk.link
        link.heard.append(self.standing.show_standing)
        self.environments.show_missing()
        self._welcome()
        # A panel that asks will say why there is none.
        link.worker.begin(link.config(), self._configured, lambda _: None, lasting=True)
        link.worker.begin(follow(link, lambda: self.desk.reloaded.emit()), lasting=True)

    def _welcome(self) -> None:
        """Let the panels in that plugins bring, in the places of ours where they have the same id."""
        before = {panel.id: panel for panel in self.panels}
        if self._brought() == self.panels:
            return
        chosen = next(name for name, view in self._views.items() if view is self.shown)
        self._clear()
        self._furnish()
        now = {panel.id: panel for panel in self.panels}
        gone = [name for name in self._views if now.get(name) != before[name]]
        if gone:
            self.desk.worker.turn()  # else they'd be told what they have asked for
        for name in gone:
            self._pages.drop(self._views.pop(name))
        if chosen in self._views:
            self.navigation.choose(chosen)
            self.shown.arrive()
        else:
            self.go(chosen if chosen in now else self.panels[0].id)

    def _brought(self) -> list[Panel]:
        """The panels of the environment; ours alone until the plugins are there."""
        early = self.desk.environment == "local" and not self.desk.ready
        return list(panels(None if early else self.desk.plugins, self.desk.environment))

    def _furnish(self) -> None:
        """Bring in the panels of the environment."""
        self.panels = self._brought()
        self.navigation = Navigation(self.desk, self.panels, self.go)
        self.navigation.help.clicked.connect(self.help)
        self.navigation.theme.clicked.connect(self.switch_theme)
        self._body.insertWidget(0, self.navigation)
        if self.isVisible():
            self.navigation.show_icons()
        self._bind_keys()

    def turn_to(self, environment: str) -> None:
        """Show the panels of another environment, if the user agrees to what would be lost with these."""
        if environment == self.desk.environment or not may_lose(self, self._views.values(), "Switch anyway?"):
            self.environments.show_environment()
            return
        before = self._pages.shown
        chosen = next((name for name, view in self._views.items() if view is before), "")
        self.shown.leave()
        self.desk.turn_to(environment)
        for view in self._views.values():
            self._pages.drop(view)
        self._views = {}
        self._clear()
        self._furnish()
        self.environments.show_environment()
        self.go(chosen if any(panel.id == chosen for panel in self.panels) else self.panels[0].id)

    def _clear(self) -> None:
        """Take away the navigation and its keys."""
        self._keys.clear()
        self.navigation.setParent(None)
        self.navigation.deleteLater()

    def _bind_keys(self) -> None:
        for number, panel in enumerate(self.panels[:9], start=1):
            self._keys.add(f"Ctrl+{number}", partial(self.go, panel.id))
        self._keys.add("F1", self.help)
        self._keys.add("Esc", self.escape)
        self._keys.add("Ctrl+Shift+D", self.switch_theme)
        self._keys.add("Ctrl+Q", self.close)

    # Panels

    @property
    def shown(self) -> PanelView:
        """The panel that is shown."""
        assert self._pages.shown is not None  # noqa: S101 - a window begins with its first panel
        return self._pages.shown

    def view(self, name: str) -> PanelView:
        """The page of a panel, made when it is first asked for."""
        if name not in self._views:
            panel = next(panel for panel in self.panels if panel.id == name)
            self._views[name] = panel.factory(self.desk)
        return self._views[name]

    def go(self, name: str) -> None:
        """Show this panel."""
        before = self._pages.shown
        view = self.view(name)
        if view is before:
            return
        if before is not None:
            before.leave()
        self._pages.show_page(view)
        self.navigation.choose(name)
        view.arrive()

    # Keys

    def escape(self) -> None:
        """Cancel what runs in the panel that is shown."""
        self.shown.escape()

    def help(self) -> None:
        """What the panel that is shown is for, and all keys."""
        from aurarouter_gui.views.help import HelpDialog

        HelpDialog(self, self.panels, self.shown.HELP).open()

    def switch_theme(self) -> None:
        """From light to dark, or back."""
        colours = LIGHT if self.desk.colours.dark else DARK
        self._remembered.setValue("theme", "dark" if colours.dark else "light")
        app = QApplication.instance()
        assert isinstance(app, QApplication)  # noqa: S101 - there is a window
        dress(app, colours)
        self.desk.wear(colours)

    # The kernel

    def _configured(self, config: Config) -> None:
        """Without a file, help to write one."""
        if config.path is None:
            from aurarouter_gui.views.first_run_view import offer_first_run

            self.first_run = offer_first_run(self, self.desk, self.desk.reloaded.emit)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to work once there is something to see."""
        super().showEvent(event)
        for later in (lambda: self.navigation.show_icons(), self.desk.start):
            QTimer.singleShot(DRAWN, self, later)  # if it is still there by then

    # Its end

    def come_forward(self) -> None:
        """Show itself above all others."""
        from PySide6.QtCore import Qt

        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask where something would be lost."""
        if not may_lose(self, self._views.values(), "Close the window anyway?", self.desk.ending):
            event.ignore()
            return
        self._remember()
        event.accept()

    def leave(self) -> None:
        """End the program without a question: whoever asks for that can't answer one."""
        self._remember()
        QApplication.exit(0)

    def _remember(self) -> None:
        self._remembered.setValue("geometry", self.saveGeometry())
