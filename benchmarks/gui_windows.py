"""Windows that `bench_gui.py` starts, each in a process of its own: say when they are drawn and take what is typed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

BEAT = 0.005


def say() -> None:
    """Tell the moment."""
    print(time.time(), flush=True)


def when_usable(then: Callable[[Any], None]) -> None:
    """Once the loop runs: type a letter as soon as it can be typed, and say when it's there and drawn.

    What looks at a window makes PySide wrap more of it than the window itself needs, which takes longer than drawing
    it: so a letter comes as from an input method, without a key's names, and whether it was drawn is seen afterwards.
    """
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QInputMethodEvent
    from PySide6.QtWidgets import QApplication, QPlainTextEdit

    def look() -> None:
        place = QApplication.focusWidget()
        if not isinstance(place, QPlainTextEdit):
            QTimer.singleShot(0, look)  # it is not there yet, or not in the active window
            return
        letter = QInputMethodEvent()
        letter.setCommitString("a")
        QApplication.processEvents()
        QApplication.sendEvent(place, letter)
        QApplication.processEvents()
        if place.toPlainText() != "a":
            os._exit(1)
        say()
        if not _is_drawn(place):
            os._exit(1)
        then(QApplication.instance())

    QTimer.singleShot(0, look)


def _is_drawn(place: Any) -> bool:
    """The text can be seen, and nothing is left to be drawn."""
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication

    class Paints(QObject):
        count = 0

        def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            self.count += event.type() == QEvent.Type.Paint
            return False

    paints = Paints()
    place.viewport().installEventFilter(paints)
    QApplication.processEvents()
    left = paints.count
    place.viewport().update()
    QApplication.processEvents()
    place.viewport().removeEventFilter(paints)
    return place.window().windowHandle().isExposed() and not left and paints.count == 1


def close(app: Any) -> None:
    """End the program as a user does."""
    for window in app.topLevelWidgets():
        window.close()


def bare() -> None:
    """The least there is: a label, and no class of Qt's but four. Nothing can be typed, so it is there once drawn."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.setCentralWidget(QLabel("Hello"))
    window.show()

    def drawn() -> None:
        app.processEvents()
        say()
        app.quit()

    QTimer.singleShot(0, drawn)
    app.exec()


def plain() -> None:
    """A plain window of the same size: a label in the middle, a text to write in, and a button."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

    app = QApplication([])
    window, page = QMainWindow(), QWidget()
    layout, title, text, button = QVBoxLayout(page), QLabel("Hello"), QPlainTextEdit(), QPushButton("Run")
    title.setAlignment(Qt.AlignmentFlag.AlignCenter)
    for part in (title, text, button):
        layout.addWidget(part)
    window.setCentralWidget(page)
    window.resize(1280, 820)
    window.show()
    text.setFocus()
    when_usable(close)
    app.exec()


def until_ready(app: Any) -> None:
    """Wait for the engine's answer; say that, and the longest time for which the loop stood still until then."""
    from PySide6.QtCore import Qt, QTimer

    beat, late = QTimer(app), [0.0]
    window = next(one for one in app.topLevelWidgets() if one.inherits("QMainWindow"))
    last = perf_counter()

    def look() -> None:
        nonlocal last
        now = perf_counter()
        late.append(now - last - BEAT)
        last = now
        if window.desk.ready and window.desk.link.standing.state == "ready":
            say()
            print(max(late), flush=True)
            beat.stop()
            close(app)

    beat.setTimerType(Qt.TimerType.PreciseTimer)
    beat.timeout.connect(look)
    beat.start(int(BEAT * 1000))


def watch(kind: str) -> None:
    """Have the program that opens AuraRouter's window say when it is usable, and with "engine" until that answers."""
    from aurarouter_gui import opening

    real = opening.open_window

    def watched(path: Path | None, environment: str) -> int:
        from aurarouter_gui.views import app

        app.application()
        when_usable(until_ready if kind == "engine" else close)
        return real(path, environment)

    vars(opening)["open_window"] = watched
