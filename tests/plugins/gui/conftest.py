"""A window of the test's own on a real kernel, without a screen. Whatever Qt warns of fails the test."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSettings
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from aurarouter_core import Plugins
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home
from aurarouter_gui.views.app import application
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.palette import LIGHT, dress
from aurarouter_gui.views.window import Window

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ECHO = """\
models:
  first: {provider: echo}
  second: {provider: echo}
roles: {coding: [first, second], reasoning: [second]}
"""
Open = Callable[..., Window]


@pytest.fixture(scope="session")
def qapp() -> object:
    """The program's own application, in its own look."""
    app = application()
    dress(app, LIGHT)
    return app


@pytest.fixture
def open_window(home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens windows, in process unless `shared`; at the end they close, and no thread may be left.

    One that is opened `early` looks for the plugins itself, once it is drawn, as the program does.
    """
    before = set(threading.enumerate())
    windows: list[Window] = []

    def opened(
        config: str | None = ECHO,
        *,
        shared: bool = False,
        plugins: str = "echo,openapi,gui",
        environment: str = "local",
        extra: tuple[object, ...] = (),
        early: bool = False,
    ) -> Window:
        if config is not None:
            (home / "auraconfig.yaml").write_text(config)
        monkeypatch.setenv("AURAROUTER_PLUGINS", plugins)
        monkeypatch.setenv("AURAROUTER_NO_DAEMON", "" if shared else "1")
        desk = Desk(None, environment, None if early else Plugins(extra=extra), LIGHT)
        window = Window(desk, QSettings(str(home / "gui.ini"), QSettings.Format.IniFormat))
        windows.append(window)
        window.come_forward()
        QApplication.processEvents()  # it becomes the active one: only that has shortcuts
        return window

    yield opened
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    for window in windows:
        window.escape()  # else a test that fails on the way is asked whether to close
        window.close()
        window.desk.close()
        window.deleteLater()
    # Else every old window is given each new look, too, and what each says is drawn.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    for place in Place.all(Home(home)):
        stop(place, force=True)
    left = {thread for thread in set(threading.enumerate()) - before if thread.is_alive()}
    assert not left, left
