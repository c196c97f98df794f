"""The window's start: it is drawn and takes a prompt before the kernel is imported, and nothing of that is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aurarouter_core import Plugins
from aurarouter_gui.panel import Panel
from aurarouter_gui.views.app import theme
from aurarouter_gui.views.palette import DARK, LIGHT, Colours
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_hooks import hookimpl

Open = Callable[..., Any]
PATIENCE = 15_000
FIRST = """\
import sys
from PySide6 import QtCore
from PySide6.QtCore import QTimer
from aurarouter_gui.views import app, desk, navigation
program, start, icons = app.application(), desk.Desk.start, navigation.Navigation.show_icons
def drawn(self):
    from PySide6.QtTest import QTest
    QTest.keyClicks(program.focusWidget(), "a")
    print(program.focusWidget().toPlainText(), "Qt" in vars(QtCore))
    icons(self)
navigation.Navigation.show_icons = drawn
def watched(self):
    heavy = ("aurarouter_hooks", "aurarouter_core.plugins", "asyncio", "attr", "yaml", "PySide6.QtNetwork")
    print(program.focusWidget().accessibleName(), [name for name in heavy if name in sys.modules])
    start(self)
    self.look = QTimer()
    self.look.timeout.connect(lambda: self.ready and self.link.standing.state == "ready" and program.closeAllWindows())
    self.look.start(20)
desk.Desk.start = watched
sys.exit(app.run(None, "local"))
"""


class Brought:
    """A plugin with a panel of its own, and one in the place of the workspace."""

    @hookimpl(optionalhook=True)
    def gui_panels(self, environment: str) -> Sequence[Panel]:
        return [
            Panel(id="mine", title="Mine", factory=lambda _: PanelView(), order=15),
            Panel(id="models", title="Others", factory=lambda _: PanelView(), order=30),
        ]


def test_the_window_is_drawn_before_the_kernel_is_imported(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {first: {provider: echo}}\nroles: {coding: [first]}\n")
    environ = {
        **os.environ,
        "AURAROUTER_PLUGINS": "echo,gui",
        "AURAROUTER_NO_DAEMON": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    done = subprocess.run(
        [sys.executable, "-c", FIRST], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "a False\nPrompt []\n"), done.stderr


@pytest.mark.parametrize(
    ("text", "ground", "chosen", "expected"),
    [("black", "white", "", LIGHT), ("white", "black", "", DARK), ("white", "black", "light", LIGHT)],
)
def test_the_theme_is_the_systems_until_one_is_chosen(
    tmp_path: Path, text: str, ground: str, chosen: str, expected: Colours
) -> None:
    palette, remembered = QPalette(), QSettings(str(tmp_path / "gui.ini"), QSettings.Format.IniFormat)
    palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
    palette.setColor(QPalette.ColorRole.Window, QColor(ground))
    remembered.setValue("theme", chosen)
    assert theme(palette, remembered) is expected


def test_a_prompt_that_is_run_early_is_answered(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(early=True)
    view = window.shown
    assert not window.desk.ready
    view.composer.private.setChecked(True)
    view.composer.mode.setCurrentIndex(view.composer.mode.findData("direct"))
    QTest.keyClicks(view.composer.prompt, "Fix this function")
    assert view.composer.run_button.isEnabled()
    QTest.keyClick(view.composer.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "Starting" in view.notice.text
    assert not view.unsaved()
    window.escape()
    qtbot.waitUntil(lambda: view.joined and not view.state.busy, timeout=PATIENCE)
    run = view.state.current
    assert (run.state, run.text) == ("done", "Fix this function")
    assert (run.task.private, run.task.mode) == (True, "direct")
    assert view.composer.prompt.toPlainText() == ""
    qtbot.waitUntil(lambda: view.composer.model.count() == 3, timeout=PATIENCE)
    assert [view.tabs.tabText(at) for at in range(view.tabs.count())] == ["Route", "Execution", "History"]


def test_what_is_written_early_gets_its_route(open_window: Open, qtbot: QtBot) -> None:
    view = open_window(early=True).shown
    view.composer.chat.setChecked(True)
    QTest.keyClicks(view.composer.prompt, "Fix this function")
    qtbot.waitUntil(lambda: view.joined and view.state.preview.shown is not None, timeout=PATIENCE)
    assert view.composer.prompt.toPlainText() == "Fix this function"
    assert view.state.talk is not None
    assert view.state.current is None


def test_panels_of_plugins_join_the_window(open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurarouter_core.Plugins", lambda: Plugins(extra=[Brought()]))
    window = open_window(early=True)
    workspace = window.shown
    window.view("models")
    QTest.keyClicks(workspace.composer.prompt, "Fix")
    assert "mine" not in [panel.id for panel in window.panels]
    qtbot.waitUntil(lambda: "mine" in [panel.id for panel in window.panels], timeout=PATIENCE)
    assert window.shown is workspace
    assert workspace.composer.prompt.toPlainText() == "Fix"
    assert type(window.view("models")) is PanelView
    assert [panel.title for panel in window.panels][:3] == ["Workspace", "Mine", "Routing"]
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.shown is window.view("mine")


def test_a_window_that_closes_at_once_leaves_nothing(open_window: Open) -> None:
    window = open_window(early=True)
    window.desk.start()
    window.close()
    window.desk.close()


def test_another_environment_is_chosen_early(open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aurarouter_core.Plugins", lambda: Plugins(extra=[Brought()]))
    window = open_window(early=True)
    before = window.shown
    window.turn_to("auragrid")
    assert window.shown is not before
    assert "mine" in [panel.id for panel in window.panels]
    qtbot.waitUntil(lambda: window.desk.link.standing.state == "ready", timeout=PATIENCE)
    assert window.shown.joined


def test_icons_come_once_the_window_is_drawn_and_nothing_moves(open_window: Open, qtbot: QtBot) -> None:
    place = open_window(early=True).navigation.help
    before = place.geometry()
    assert place.picture is None
    qtbot.waitUntil(lambda: place.picture is not None and place.picture.isVisible(), timeout=PATIENCE)
    assert place.geometry() == before


def test_icons_are_drawn_anew_for_another_screen(open_window: Open, qtbot: QtBot) -> None:
    navigation = open_window().navigation
    qtbot.waitUntil(lambda: navigation.help.picture is not None, timeout=PATIENCE)
    picture = navigation.help.picture
    before = picture.pixmap().cacheKey()
    QApplication.sendEvent(navigation, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert picture.pixmap().cacheKey() != before
