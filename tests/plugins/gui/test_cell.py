"""The window on a real node with its own nats-server: switching, Cell Status, Deployment, a cell that goes away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from aurarouter_core.cli import cli
from cell_window import CONFIG, PATIENCE, PLUGINS, joined, turned
from grid_node import GridNode

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("alone", tmp_path_factory.mktemp("alone")) as started:
        yield started


@pytest.mark.promise("gui.1", "gui.4", "gui.5", "deployment.1", "cell-status.1", "future.11")
def test_the_toolbar_turns_to_the_cell_and_back(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window(CONFIG, plugins=PLUGINS)
    box = window.environments.box
    assert [box.itemText(at) for at in range(box.count())] == ["Local", "AuraGrid"]
    local = [panel.title for panel in window.panels]
    before = window.view("routing")
    window.go("routing")
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert [panel.title for panel in window.panels if panel.title not in local] == ["Deployment", "Cell Status"]
    assert window.shown is window.view("routing") is not before
    monkeypatch.setattr(window.shown, "unsaved", lambda: "something")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    window.turn_to("local")
    assert (window.desk.environment, box.currentData()) == ("auragrid", "auragrid")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    window.turn_to("local")
    assert [panel.title for panel in window.panels] == local


def test_without_the_plugin_it_says_how_to_install_it(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    window = open_window(CONFIG, plugins="echo,gui")
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "information", lambda *words: said.append(words[-1]))
    box = window.environments.box
    assert box.itemText(1) == "AuraGrid (not installed)"
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert "auragrid" in said[0]
    assert (window.desk.environment, box.currentData()) == ("local", "local")


@pytest.mark.promise("cell-status.2", "cell-status.3", "cell-status.4", "cell-status.5")
def test_status_shows_nodes_and_events(open_window: Open, qtbot: QtBot, node: GridNode) -> None:
    assert node.run("grid", "submit", "Fix it", "--app", "mine").returncode == 0
    view = turned(open_window(joined(node), plugins=PLUGINS), "cell_status")
    qtbot.waitUntil(lambda: view.reached and bool(view.nodes.lines), timeout=PATIENCE)
    (line,) = view.nodes.lines
    assert line.cells[0] == "alone"
    assert line.cells[1].startswith("127.0.0.1:")
    assert line.cells[2:4] == ("serving", "echo")
    assert line.cells[5].endswith("s ago")
    assert view.events.lines[0].cells[1] == "result"
    assert view.events.lines[0].cells[4] == "ok"
    assert (view.clock.isActive(), view.clock.interval()) == (True, 30_000)
    before = len(view.events.lines)
    assert node.run("grid", "submit", "Fix that", "--app", "mine").returncode == 0
    qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
    assert view.refresh.text() == "Refresh Now"
    view.refresh.click()
    qtbot.waitUntil(lambda: len(view.events.lines) == before + 1, timeout=PATIENCE)
    view.desk.go("workspace")
    assert not view.clock.isActive()


@pytest.mark.promise("deployment.2", "deployment.4")
def test_a_strategy_is_applied_and_converges(open_window: Open, qtbot: QtBot, node: GridNode, tmp_path: Path) -> None:
    from gguf_files import gguf

    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf())
    pushed = node.run("grid", "models", "push", str(file), "--id", "tiny")
    assert pushed.returncode == 0, pushed.stderr
    view = turned(open_window(joined(node), plugins=PLUGINS), "deployment")
    qtbot.waitUntil(lambda: "tiny" in view.wishes, timeout=PATIENCE)
    assert not view.apply.isEnabled()
    assert view.resources.lines[0].cells[0] == "alone"
    view.wishes["tiny"].setValue(2)
    assert view.unsaved()
    assert view.apply.text() == "Apply Strategy"
    view.apply.click()

    def wished() -> bool:
        return any(one.model == "tiny" and one.desired == 2 for one in view.picture.deployments)

    qtbot.waitUntil(wished, timeout=PATIENCE)
    assert not view.unsaved()
    until = time.monotonic() + 15
    while time.monotonic() < until and not view.models.item(0, 3).text():
        view.state.look()
        qtbot.wait(300)
    assert view.models.item(0, 3).text(), "it says where the model is, or why it is not"


def test_a_cell_that_is_not_there_is_told(open_window: Open, qtbot: QtBot) -> None:
    gone = f"{CONFIG}grid: {{urls: ['nats://127.0.0.1:9']}}\n"
    window = open_window(gone, plugins=PLUGINS)
    models = turned(window, "models")
    models.tabs.setCurrentWidget(models.cell)
    window.go("cell_status")
    view = window.shown
    qtbot.waitUntil(view.notice.isVisible, timeout=PATIENCE)
    assert "can't be reached" in view.verdict.text()
    qtbot.waitUntil(lambda: bool(models.cell.notice.text), timeout=PATIENCE)


@pytest.mark.promise("cell-warning.1", "cell-warning.2", "cell-warning.3")
def test_a_change_for_the_cell_warns_and_goes_to_the_nodes_alone(
    open_window: Open, qtbot: QtBot, node: GridNode, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(joined(node), plugins=PLUGINS)
    before = (home / "auraconfig.yaml").read_bytes()
    view = turned(window, "configuration")
    qtbot.waitUntil(lambda: view.state.version is not None, timeout=PATIENCE)
    assert (view.banner.property("ground"), view.banner.isVisible()) == ("warn", True)
    asked: list[str] = []

    def answering(answer: QMessageBox.StandardButton) -> None:
        monkeypatch.setattr(QMessageBox, "warning", lambda *words: asked.append(words[2]) or answer)  # type: ignore[func-returns-value]

    view.text.setPlainText("system: {default_timeout: 77}")
    answering(QMessageBox.StandardButton.No)
    view.save.click()
    assert asked == ["This configuration change will propagate to all nodes on your AuraGrid cell. Proceed?"]
    assert not view.state.busy
    answering(QMessageBox.StandardButton.Yes)
    view.save.click()
    qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
    said = [view.answers.item(at).text() for at in range(view.answers.count())]
    assert said == ["✓  alone: can honour it", "✓  alone: works with it"]
    assert "in force" in view.notice.text
    assert not view.unsaved()
    view.text.setPlainText("models: {first: {provider: nonsense}}")
    view.save.click()
    qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
    assert "refused" in view.notice.text
    view.text.setPlainText("a: [")
    view.save.click()
    qtbot.waitUntil(lambda: "no YAML" in view.notice.text, timeout=PATIENCE)
    view.text.setPlainText("")
    view.save.click()
    qtbot.waitUntil(lambda: not view.state.busy and view.state.text == "", timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_bytes() == before


def test_the_cell_goes_back_to_what_it_said_before(
    open_window: Open, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GridNode("young", tmp_path) as node:
        view = turned(open_window(joined(node), plugins=PLUGINS), "configuration")
        asked: list[str] = []

        def clicked(button: Any, answer: QMessageBox.StandardButton) -> None:
            monkeypatch.setattr(QMessageBox, "warning", lambda *words: asked.append(words[2]) or answer)  # type: ignore[func-returns-value]
            button.click()
            qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)

        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        qtbot.waitUntil(lambda: view.rollback.isEnabled(), timeout=PATIENCE)
        clicked(view.rollback, yes)
        assert (asked, "nothing to go back to" in view.notice.text) == ([], True)
        refused = node.run("grid", "config", "rollback")
        assert "the cell has no other configuration to go back to" in refused.stderr
        view.text.setPlainText("system: {default_timeout: 77}")
        assert not view.rollback.isEnabled()
        clicked(view.save, yes)
        view.text.setPlainText("system: {default_timeout: 88}")
        clicked(view.save, yes)
        asked.clear()
        clicked(view.rollback, no)
        assert asked[0].startswith("Back to version 1 by ")
        assert "system.default_timeout: 88 → 77" in asked[0]
        assert asked[0].endswith("propagate to all nodes on your AuraGrid cell. Proceed?")
        assert "88" in view.text.toPlainText()
        clicked(view.rollback, yes)
        assert [view.answers.item(at).text() for at in range(view.answers.count())] == [
            "✓  young: can honour it",
            "✓  young: works with it",
        ]
        assert view.notice.text == "Version 3 is in force"
        assert (view.text.toPlainText(), view.unsaved()) == ("system:\n  default_timeout: 77\n", "")

        def slow(*_: object) -> QMessageBox.StandardButton:
            assert node.run("grid", "config", "set", "system.default_timeout", "99").returncode == 0
            return yes

        monkeypatch.setattr(QMessageBox, "warning", slow)
        view.rollback.click()
        qtbot.waitUntil(lambda: "meanwhile" in view.notice.text, timeout=PATIENCE)
        assert "at version 4" in view.notice.text


@pytest.mark.promise("gui.3")
def test_the_command_opens_it_for_the_cell(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    window: list[Any] = []

    def opened(path: Path | None, environment: str) -> int:
        assert path is None
        window.append(open_window(CONFIG, plugins=PLUGINS, environment=environment))
        return 0

    monkeypatch.setattr("aurarouter_gui.opening.open_window", opened)
    done = CliRunner().invoke(cli, ["gui", "--environment", "auragrid"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert window[0].environments.box.currentText() == "AuraGrid"
    assert {"deployment", "cell_status"} <= {panel.id for panel in window[0].panels}
