"""The section of grid models on a real node: listed, pushed with a break, pulled to this machine, and told in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from cell_window import PATIENCE, PLUGINS, joined, turned
from gguf_files import gguf
from grid_node import GridNode

Open = Callable[..., Any]
ROWS = 24 << 20 >> 12
"""So many of a thousand numbers make 24 MB: enough chunks to be stopped between two of them."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("alone", tmp_path_factory.mktemp("alone")) as started:
        yield started


def chooses(monkeypatch: pytest.MonkeyPatch, path: Path, name: str) -> None:
    """What the user answers when a file is to be pushed."""
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (name, True))


@pytest.mark.promise("grid-models.1")
def test_a_file_is_pushed_with_a_break_and_pulled_to_this_machine(
    open_window: Open, qtbot: QtBot, node: GridNode, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf(tensors=[("weights", (1024, ROWS), 0)])[: -(4 << 20)] + os.urandom(4 << 20))
    window = open_window(joined(node), plugins=PLUGINS)
    window.go("models")
    assert [window.shown.tabs.tabText(at) for at in range(window.shown.tabs.count())] == ["Models", "Get models"]
    page = turned(window, "models")
    assert [page.tabs.tabText(at) for at in range(page.tabs.count())] == ["Models", "Grid models", "Get models"]
    view, transfer = page.cell, page.cell.state.transfer
    page.tabs.setCurrentWidget(view)
    qtbot.waitUntil(lambda: "keeps no model" in view.verdict.text(), timeout=PATIENCE)
    assert not view.pull.isEnabled()
    chooses(monkeypatch, file, "tiny")
    view.push.click()
    qtbot.waitUntil(lambda: transfer.progress.got > 0, timeout=PATIENCE)
    assert "on its way" in page.unsaved()
    assert page.escape()
    assert (transfer.progress.state, page.unsaved()) == ("stopped", "")
    assert "What is there is kept" in view.card.how.text()
    qtbot.waitUntil(lambda: bool(view.table.lines), timeout=PATIENCE)
    assert "being pushed" in view.table.lines[0].cells[4]
    view.table.choose("tiny")
    assert not view.pull.isEnabled()
    view.card.resume.click()
    qtbot.waitUntil(lambda: transfer.progress.state == "done", timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.pull.isEnabled(), timeout=PATIENCE)
    name, size, digest, *rest = view.table.lines[0].cells
    assert (name, size, len(digest)) == ("tiny", f"{file.stat().st_size / 1e6:,.1f} MB", 12)
    assert rest == ["none", "llama, Q4_K_M"]
    view.pull.click()
    qtbot.waitUntil(lambda: transfer.progress.state in ("done", "failed"), timeout=PATIENCE)
    assert transfer.progress.words == "tiny is ready here; no role uses it yet", view.card.how.text()
    assert yaml.safe_load((home / "auraconfig.yaml").read_text())["models"]["tiny"]["asset"]["source"] == "grid:tiny"
    (here,) = (home / "models").glob("tiny-*.gguf")
    assert here.read_bytes() == file.read_bytes()
    qtbot.waitUntil(lambda: page.state.row("tiny") is not None, timeout=PATIENCE)


def test_what_can_not_be_pushed_or_pulled_is_told(
    open_window: Open, qtbot: QtBot, node: GridNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.gguf"
    file.write_bytes(gguf())
    assert node.run("grid", "models", "push", str(file), "--id", "other").returncode == 0
    page = turned(open_window(joined(node), plugins=PLUGINS), "models")
    view = page.cell

    def fails(words: str) -> bool:
        return view.state.transfer.progress.state == "failed" and words in view.card.how.text()

    page.tabs.setCurrentWidget(view)
    qtbot.waitUntil(lambda: bool(view.table.lines), timeout=PATIENCE)
    view.table.choose("other")
    assert node.run("grid", "models", "remove", "other").returncode == 0
    view.pull.click()
    qtbot.waitUntil(lambda: fails("The cell keeps no model 'other'. "), timeout=PATIENCE)
    file.write_bytes(b"nothing of the kind")
    chooses(monkeypatch, file, "none")
    view.push.click()
    qtbot.waitUntil(lambda: fails("is no usable GGUF file"), timeout=PATIENCE)
    assert view.push.isEnabled()


def test_a_model_is_removed_from_the_cell_once_that_is_agreed(
    open_window: Open, qtbot: QtBot, node: GridNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "old.gguf"
    file.write_bytes(gguf())
    assert node.run("grid", "models", "push", str(file), "--id", "old").returncode == 0
    page = turned(open_window(joined(node), plugins=PLUGINS), "models")
    view = page.cell

    def listed() -> set[str]:
        return {line.key for line in view.table.lines}

    page.tabs.setCurrentWidget(view)
    qtbot.waitUntil(lambda: "old" in listed(), timeout=PATIENCE)
    assert not view.remove.isEnabled()
    view.table.choose("old")
    asked: list[str] = []
    answers = iter([QMessageBox.StandardButton.Cancel, QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.Yes])

    def question(*given: Any) -> QMessageBox.StandardButton:
        asked.append(given[2])
        return next(answers)

    monkeypatch.setattr(QMessageBox, "question", question)
    view.remove.click()
    assert view.remove.isEnabled()
    view.remove.click()
    assert not view.remove.isEnabled()
    qtbot.waitUntil(lambda: "old" not in listed(), timeout=PATIENCE)
    assert asked == ["The cell will keep 'old' no longer. Nodes that have its file keep theirs."] * 2
    assert node.run("grid", "models", "push", str(file), "--id", "old").returncode == 0
    view.refresh.click()
    qtbot.waitUntil(lambda: "old" in listed(), timeout=PATIENCE)
    view.table.choose("old")
    assert node.run("grid", "models", "remove", "old").returncode == 0
    view.remove.click()
    qtbot.waitUntil(lambda: "The cell keeps no model 'old'" in view.notice.text, timeout=PATIENCE)
