"""The window on the shared engine: whoever kills it is told of at once, and the next call works."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home

Open = Callable[..., Any]
PATIENCE = 30_000
EMBEDDED = "models: {smollm2: {parameters: {max_tokens: 24}}}\nroles: {coding: [smollm2]}\n"


def kill_engine(home: Path) -> None:
    (place,) = Place.all(Home(home))
    assert place.holder is not None
    os.kill(place.holder.pid, signal.SIGKILL)


def test_a_killed_engine_is_told_at_once_and_the_next_call_works(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(shared=True)
    view = window.shown
    qtbot.waitUntil(lambda: bool(view.state.choices.models), timeout=PATIENCE)
    assert window.desk.link.standing.shared
    kill_engine(home)
    qtbot.waitUntil(lambda: window.desk.link.standing.state == "lost", timeout=2000)
    assert "ended" in view.notice.text
    view.composer.prompt.setPlainText("Fix it")
    QTest.keyClick(view.composer.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.state.current is not None and not view.state.busy, timeout=PATIENCE)
    assert view.state.current.text == "Fix it"
    assert window.desk.link.standing.state == "ready"
    assert not view.notice.isVisible()


@pytest.mark.model
def test_the_real_model_answers(open_window: Open, qtbot: QtBot, with_model: Path) -> None:
    view = open_window(EMBEDDED, plugins="llamacpp,assets,gui").shown
    view.composer.prompt.setPlainText("Say hello.")
    view.state.wish(mode="direct")
    view.send()
    seen: list[str] = []

    def over() -> bool:
        seen.append(view.state.current.text)
        return not view.state.busy

    qtbot.waitUntil(over, timeout=120_000)
    run = view.state.current
    assert run.state == "done", run.trouble
    assert run.model == "smollm2"
    assert len({text for text in seen if text}) > 1, "it comes in pieces"
