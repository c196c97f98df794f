"""The routing panel beside others who change the same file, and with a file that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

Open = Callable[..., Any]
PATIENCE = 15_000


def test_with_a_broken_file_no_button_does_nothing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window("models: [")
    window.go("routing")
    roles = window.shown.roles
    can = [button.text() for button in roles.findChildren(QPushButton) if button.isEnabled()]
    assert can == ["New role"]
    roles._move(1)
    qtbot.waitUntil(window.shown.notice.isVisible, timeout=PATIENCE)
    roles.make_role("review")
    roles.save.click()
    assert not roles.save.isEnabled()
    qtbot.waitUntil(roles.save.isEnabled, timeout=PATIENCE)  # the file may be mended meanwhile
    roles.discard.click()
