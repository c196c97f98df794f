"""The configuration panel: form and text are one draft, problems show with their line, a save shows what changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from aurarouter_gui.views.configuration_diff import DiffDialog

Open = Callable[..., Any]
PATIENCE = 15_000
FILE = """\
# mine
models:
  a: {provider: echo}  # first
  b:
    provider: openapi
    endpoint: http://127.0.0.1:9/v1
    api_key: sesame-open-up
roles: {coding: [a, b]}
"""


@pytest.fixture(autouse=True)
def leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that fails with something unsaved closes its window all the same."""
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)


@pytest.fixture
def panel(open_window: Open, qtbot: QtBot) -> Any:
    """The panel, with its settings."""
    window = open_window(FILE)
    window.go("configuration")
    view = window.shown
    qtbot.waitUntil(lambda: bool(view.state.view.settings), timeout=PATIENCE)
    return view


def settled(qtbot: QtBot, view: Any) -> None:
    """Wait until what stands there has been looked over."""
    qtbot.waitUntil(lambda: view.state.view.text == view.text.toPlainText() == view.state.text, timeout=PATIENCE)


def put(qtbot: QtBot, view: Any, words: str, *path: str) -> None:
    """Give a setting a value in the form."""
    before = view.state.text
    view.form.select(*path)
    view.form.value.setText(words)
    view.form.apply()
    qtbot.waitUntil(lambda: view.state.text != before, timeout=PATIENCE)
    settled(qtbot, view)


def save(qtbot: QtBot, view: Any) -> list[str]:
    """Save, and what the dialog showed."""
    view.save.click()
    dialog = view.findChildren(DiffDialog)[-1]
    lines = dialog.lines.toPlainText().splitlines()
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        dialog.save.click()
    return [line for line in lines if line[:1] in "+-"]


def test_every_setting_shows_its_value_and_origin(
    open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAROUTER_SYSTEM__RETRIES", "4")
    window = open_window(FILE)
    window.go("configuration")
    view = window.shown
    qtbot.waitUntil(lambda: bool(view.state.view.settings), timeout=PATIENCE)
    said = {
        path: [view.form._item(path).text(column) for column in (1, 2)]
        for path in (
            ("models", "a", "provider"),
            ("models", "b", "api_key"),
            ("system", "retries"),
            ("system", "default_timeout"),
        )
    }
    assert list(said.values()) == [["echo", "line 3"], ["****", "line 7"], ["4", "variable"], ["120.0", "default"]]
    view.form.select("system", "retries")
    assert "AURAROUTER_SYSTEM__RETRIES" in view.form._about.text()
    assert "asked again" in view.form._about.text()
    view.form.search.setText("default_timeout")
    hidden = {path: view.form._item(path).isHidden() for path in said}
    assert [path for path, hides in hidden.items() if not hides] == [("system", "default_timeout")]


def test_the_form_changes_the_text_and_nothing_else_before_it_is_saved(panel: Any, qtbot: QtBot, home: Path) -> None:
    put(qtbot, panel, "7", "models", "a", "timeout")
    assert "a: {provider: echo, timeout: 7}  # first" in panel.text.toPlainText()
    assert (home / "auraconfig.yaml").read_text() == FILE
    assert panel.unsaved() == "the configuration"
    assert save(qtbot, panel) == ["-  a: {provider: echo}  # first", "+  a: {provider: echo, timeout: 7}  # first"]
    assert (home / "auraconfig.yaml").read_text() == FILE.replace("echo}", "echo, timeout: 7}")
    assert panel.unsaved() == ""
    qtbot.waitUntil(panel.undo.isEnabled, timeout=PATIENCE)
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        panel.undo.click()
    assert (home / "auraconfig.yaml").read_text() == FILE
    assert not panel.undo.isEnabled()


def test_secrets_never_show_and_are_kept(panel: Any, qtbot: QtBot, home: Path) -> None:
    assert "sesame" not in panel.text.toPlainText()
    assert '"****1"' in panel.text.toPlainText()
    put(qtbot, panel, "9", "system", "retries")
    assert not any("sesame" in line for line in save(qtbot, panel))
    assert "api_key: sesame-open-up" in (home / "auraconfig.yaml").read_text()
    put(qtbot, panel, "abracadabra", "models", "b", "api_key")
    panel.save.click()
    panel.findChildren(DiffDialog)[-1].save.click()
    qtbot.waitUntil(lambda: "put a key into the file" in panel.notice.text, timeout=PATIENCE)
    assert "abracadabra" not in panel.notice.text + (home / "auraconfig.yaml").read_text()
    assert "aurarouter keys set" in panel.notice.text
    panel.discard.click()


def test_problems_show_while_typing_and_lead_to_their_line(panel: Any, qtbot: QtBot, home: Path) -> None:
    panel.tabs.setCurrentIndex(1)
    panel.text.replace(panel.text.toPlainText().replace("[a, b]", "[a, ghost]"))
    settled(qtbot, panel)
    assert panel._verdict.text() == "1 problem"
    item = panel.problems.item(0)
    assert item.text().startswith("✗  line 8: roles.coding.models: No model is called 'ghost'")
    panel.tabs.setCurrentIndex(0)
    panel.problems.itemClicked.emit(item)
    assert panel.text.textCursor().blockNumber() == 7
    assert panel.tabs.currentIndex() == 1
    panel.text.replace("models: [")
    settled(qtbot, panel)
    assert "line 2" in panel.problems.item(0).text() or "line 1" in panel.problems.item(0).text()
    assert panel.form.tree.topLevelItemCount() > 3
    panel.save.click()
    panel.findChildren(DiffDialog)[-1].save.click()
    qtbot.waitUntil(lambda: "not valid YAML" in panel.notice.text, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == FILE
    panel.discard.click()
    settled(qtbot, panel)
    assert panel._verdict.text() == "No problems"


def test_typing_follows_and_ctrl_z_takes_it_back(panel: Any, qtbot: QtBot) -> None:
    panel.tabs.setCurrentIndex(1)
    panel.text.moveCursor(panel.text.textCursor().MoveOperation.End)
    QTest.keyClicks(panel.text, "system: {retries: 3}")
    settled(qtbot, panel)
    assert panel.state.changed
    panel.text.undo()
    settled(qtbot, panel)
    assert not panel.state.changed


def test_closing_asks_and_somebody_elses_change_is_not_lost(
    panel: Any, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(_: Any, __: str, question: str, *___: Any) -> Any:
        asked.append(question)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    put(qtbot, panel, "2", "system", "retries")
    assert not panel.window().close()
    assert "the configuration" in asked[0]
    (home / "auraconfig.yaml").write_text(FILE + "plans: {review: false}\n")
    panel.save.click()
    panel.findChildren(DiffDialog)[-1].save.click()
    qtbot.waitUntil(lambda: "somebody else" in panel.notice.text, timeout=PATIENCE)
    assert "retries" not in (home / "auraconfig.yaml").read_text()
    panel.discard.click()
    panel.reload.click()
    qtbot.waitUntil(lambda: "plans" in panel.text.toPlainText(), timeout=PATIENCE)


def test_a_broken_file_is_mended_here(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window("models: [\n")
    window.go("configuration")
    view = window.shown
    qtbot.waitUntil(lambda: view.problems.count() == 1, timeout=PATIENCE)
    view.text.replace(FILE)
    settled(qtbot, view)
    assert view._verdict.text() == "No problems"
    view.save.click()
    view.findChildren(DiffDialog)[-1].reject()
    view.discard.click()


def test_without_a_file_the_defaults_show_and_a_first_setting_makes_one(
    open_window: Open, qtbot: QtBot, home: Path
) -> None:
    window = open_window(None)
    window.go("configuration")
    view = window.shown
    qtbot.waitUntil(lambda: bool(view.state.view.settings), timeout=PATIENCE)
    assert "not there yet" in view._file.text()
    assert view.form._item(("models", "smollm2", "provider")).text(2) == "built in"
    put(qtbot, view, "5", "system", "retries")
    save(qtbot, view)
    assert (home / "auraconfig.yaml").read_text() == "system:\n  retries: 5\n"


def test_a_value_that_is_typed_waits_with_its_setting(panel: Any, qtbot: QtBot) -> None:
    form = panel.form
    form.select("system", "retries")
    before = form.value.text()
    form.value.setText("7")
    assert panel.unsaved() == "what was typed for system.retries"
    form.select("system", "default_timeout")
    assert form.value.text() == "120.0"
    form.select("system", "retries")
    assert form.value.text() == "7"
    form.apply()
    qtbot.waitUntil(lambda: panel.unsaved() == "the configuration", timeout=PATIENCE)
    settled(qtbot, panel)
    form.value.setText("8")
    assert panel.unsaved() == "the configuration and what was typed for system.retries"
    panel.discard.click()
    settled(qtbot, panel)
    qtbot.waitUntil(lambda: form.value.text() == before, timeout=PATIENCE)
    assert (panel.unsaved(), panel.discard.isEnabled()) == ("", False)


def test_a_value_that_is_refused_stays(panel: Any, qtbot: QtBot) -> None:
    panel.form.select("models", "a", "timeout")
    panel.form.value.setText("{")
    panel.form.apply()
    qtbot.waitUntil(lambda: bool(panel.notice.text), timeout=PATIENCE)
    assert panel.form.value.text() == "{"
    assert panel.unsaved() == "what was typed for models.a.timeout"
