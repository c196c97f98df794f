"""The program: one QApplication, one window, and its end.

Until the window is drawn nothing says `Qt.…`: with the first of its many names PySide makes them all, which takes as
long as drawing the window. What needs one later imports it there, and a property takes its name as text.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from aurarouter_core import starting

with starting():  # the many classes of Qt are no garbage
    from PySide6.QtCore import QMessageLogContext, QSettings, QTimer, QtMsgType, qInstallMessageHandler
    from PySide6.QtGui import QPalette
    from PySide6.QtWidgets import QApplication

    from aurarouter_gui.opening import home
    from aurarouter_gui.views.desk import Desk
    from aurarouter_gui.views.instance import Instance
    from aurarouter_gui.views.palette import THEMES, Colours, colour, shape
    from aurarouter_gui.views.window import DRAWN, Window

if TYPE_CHECKING:
    from aurarouter_core import Plugins

log = logging.getLogger(__name__)
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
}
NO_MANAGER = "This plugin does not support "  # Wayland and screens that are none: nothing is wrong
TICK = 250
"""Milliseconds between two looks for signals: Qt's loop doesn't let Python see signals."""


def hear(kind: QtMsgType, _: QMessageLogContext, message: str) -> None:
    """Log what Qt says. What is fatal to Qt would end the process with a core dump: end it with words instead."""
    if kind == QtMsgType.QtFatalMsg:
        first = message.strip().splitlines()[0] if message.strip() else "Qt gave no reason"
        print(f"Error: no window can be opened here: {first}", file=sys.stderr)  # noqa: T201
        print("Hint: Run 'aurarouter gui' in a desktop session, or check DISPLAY and QT_QPA_PLATFORM.", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
        os._exit(2)
    level = logging.DEBUG if message.startswith(NO_MANAGER) else LEVELS.get(kind, logging.ERROR)
    log.log(level, "%s", message)


def application() -> QApplication:
    """The one QApplication of this process."""
    there = QApplication.instance()
    if isinstance(there, QApplication):
        return there
    app = QApplication(
        ["aurarouter", "-style", "Fusion"]
    )  # setStyle hands back a QStyle, whose class takes 10 ms to make
    app.setApplicationName("AuraRouter")
    app.setDesktopFileName("aurarouter")
    return app


def settings() -> QSettings:
    """What the window remembers of itself: theme, place and size."""
    return QSettings(str(home() / "gui.ini"), QSettings.Format.IniFormat)


def theme(palette: QPalette, remembered: QSettings) -> Colours:
    """The theme that the user chose, else the system's: dark where text is lighter than what it stands on."""
    role = QPalette.ColorRole
    dark = palette.color(role.WindowText).lightness() > palette.color(role.Window).lightness()
    return THEMES.get(str(remembered.value("theme", ""))) or THEMES["dark" if dark else "light"]


def heed_signals(window: Window) -> None:
    """Have Ctrl+C close the window, and a request to end do so without a question; neither ends the process at once."""
    import signal

    tick = QTimer(window)
    tick.timeout.connect(lambda: None)
    tick.start(TICK)

    def close(*_: object) -> None:
        if window.close():
            QApplication.exit(0)  # also where a second launch shows it again in this moment

    signal.signal(signal.SIGINT, close)
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup has it ignored
            signal.signal(number, lambda *_: window.leave())


def run(path: Path | None, environment: str, plugins: Plugins | None = None) -> int:
    """Show the window until it is closed; the exit code. A second launch raises the first window and ends.

    Args:
        path: The configuration file; None for the usual places.
        environment: "local" or "auragrid".
        plugins: All plugins; None to look for them once the window is drawn.
    """
    with ExitStack() as start:
        start.enter_context(starting())
        qInstallMessageHandler(hear)
        app = application()
        instance = Instance(path)
        if not instance.claim():
            print("The window is open already; it was brought to the front.")  # noqa: T201
            return 0
        remembered = settings()
        colours = theme(app.palette(), remembered)
        colour(app, colours)  # before there are parts, each of which would be told
        desk = Desk(path, environment, plugins, colours)
        window = Window(desk, remembered)
        shape(app, colours)  # now that all is in its place: else each part is shaped again wherever it's put
        instance.raised = window.come_forward
        window.show()
        for later in (lambda: heed_signals(window), instance.listen, start.close):
            QTimer.singleShot(DRAWN, later)
        try:
            return app.exec()
        finally:
            instance.close()
            desk.close()
            qInstallMessageHandler(None)
