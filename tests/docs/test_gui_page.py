"""The page about the desktop window is so: its keys act, its options exist, its pictures are there, its panel opens."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from aurarouter_core import Plugins
from aurarouter_gui.commands import gui
from aurarouter_gui.state.history import MOST
from aurarouter_gui.views.app import application
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.palette import LIGHT
from aurarouter_gui.views.window import Window

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
PAGE = Path(__file__).parents[2] / "docs" / "GUI_GUIDE.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def qapp() -> object:
    return application()


def test_its_options_are_those_of_the_command() -> None:
    told = set(re.findall(r"`(--[a-z]+)", TEXT))
    assert told == {option for parameter in gui.params for option in parameter.opts}
    assert f"latest {MOST} tasks" in TEXT


def test_its_pictures_are_there_and_small() -> None:
    for name in re.findall(r"\]\((images/[^)]+)\)", TEXT):
        data = (PAGE.parent / name).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) <= 150_000


def test_its_panel_opens_by_its_keys(
    blocks_of: Callable[[str, str], list[str]], qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = blocks_of("docs/GUI_GUIDE.md", "python")[0]
    plugin: dict[str, Any] = {}
    exec(compile(source, str(PAGE), "exec"), plugin)
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    stranger = type("Stranger", (), {"gui_panels": staticmethod(plugin["gui_panels"])})()
    desk = Desk(None, "local", Plugins(extra=[stranger]), LIGHT)
    window = Window(desk, QSettings(str(home / "gui.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    try:
        place = [panel.id for panel in window.panels].index("hello") + 1
        keys = {key.key().toString(): key for key in window.findChildren(QShortcut)}
        keys[f"Ctrl+{place}"].activated.emit()
        assert [label.text() for label in window.shown.findChildren(QLabel)] == ["Hello from the local panel"]
        assert {"F1", "Esc", "Ctrl+Shift+D"} <= set(keys)
    finally:
        window.close()
        desk.close()


def test_its_service_stands_in_the_list(blocks_of: Callable[[str, str], list[str]]) -> None:
    place: dict[str, Any] = {}
    exec(compile(blocks_of("docs/GUI_GUIDE.md", "python")[1], str(PAGE), "exec"), place)
    (service,) = place["gui_services"]()
    assert (service.id, service.title, service.owned) == ("mine", "Mine", True)
