"""The first run: what is found, what is chosen, the file that is written, and a first answered prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytestqt.qtbot import QtBot

from fault_server import FaultServer

Open = Callable[..., Any]
PATIENCE = 60_000


def dialog_of(window: Any, qtbot: QtBot) -> Any:
    qtbot.waitUntil(lambda: window.first_run is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.first_run.state.step == "choosing", timeout=PATIENCE)
    return window.first_run


def test_it_ends_in_a_first_answer(
    open_window: Open, qtbot: QtBot, home: Path, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    monkeypatch.setenv("OPENAI_BASE_URL", fault_server.url)
    window = open_window(None, plugins="openapi,gui")
    dialog = dialog_of(window, qtbot)

    def found() -> bool:
        if dialog.again.isVisible() and not dialog.state.rows:
            dialog.again.click()  # a slow machine may need a second look
        return bool(dialog.state.rows)

    qtbot.waitUntil(found, timeout=PATIENCE)
    assert dialog.next.isEnabled()
    dialog.next.click()
    qtbot.waitUntil(lambda: dialog.state.step == "asking", timeout=PATIENCE)
    written = (home / "auraconfig.yaml").read_text()
    assert list(yaml.safe_load(written)["models"]) == [row.name for row in dialog.state.rows]
    assert "sk-not-a-real-key" not in written
    dialog.next.click()
    qtbot.waitUntil(lambda: dialog.state.run is not None and dialog.state.run.state != "running", timeout=PATIENCE)
    assert dialog.state.run.state == "done", dialog.state.run.trouble
    assert dialog.next.text() == "Start"
    dialog.next.click()
    qtbot.waitUntil(lambda: bool(window.shown.state.choices.models), timeout=PATIENCE)


def test_where_nothing_is_in_reach_it_says_what_to_do(open_window: Open, qtbot: QtBot, home: Path) -> None:
    dialog = dialog_of(open_window(None, plugins="echo,gui"), qtbot)
    assert "no model is in reach" in dialog.notice.text.lower()
    assert "Add 'llamacpp' to AURAROUTER_PLUGINS" in dialog.notice.text
    assert not dialog.next.isEnabled()
    dialog.later.click()
    assert not (home / "auraconfig.yaml").exists()


def test_a_window_with_a_configuration_asks_nothing(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.shown.state.choices.models), timeout=PATIENCE)
    assert window.first_run is None
