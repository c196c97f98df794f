"""The models panel on a real kernel: how models are, adding and changing, testing, importing, fetching with resume."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from aurarouter_gui.views.model_dialog import ModelDialog
from fault_server import FaultServer
from faults import status
from gguf_files import gguf
from hub_server import HubServer

Open = Callable[..., Any]
PATIENCE = 20_000
TWO = """\
models:
  first: {provider: echo, tags: [private]}
  second: {provider: openapi, endpoint: "http://127.0.0.1:9/v1", api_key: sesame-open-up}
roles: {coding: [first], reasoning: [first, second]}
"""


def shown(window: Any, qtbot: QtBot) -> Any:
    """The panel, once it knows how the models are."""
    window.go("models")
    view = window.shown
    qtbot.waitUntil(lambda: bool(view.state.rows) and all(row.health for row in view.state.rows), timeout=PATIENCE)
    return view


def cells(view: Any, name: str) -> list[str]:
    """The line of a model."""
    table = view.list.table
    at = next(at for at in range(table.rowCount()) if table.item(at, 0).text() == name)
    return [table.item(at, column).text() for column in range(1, table.columnCount())]


def choose(view: Any, name: str) -> None:
    """Select a model."""
    names = [row.name for row in view.state.rows]
    view.list.table.setCurrentCell(names.index(name), 0)


def saved(home: Path) -> Any:
    """What stands in the file."""
    return yaml.safe_load((home / "auraconfig.yaml").read_text())


def test_each_model_shows_where_it_runs_and_how_it_is(open_window: Open, qtbot: QtBot) -> None:
    view = shown(open_window(TWO), qtbot)
    assert cells(view, "first") == ["echo", "in the engine", "ready", "coding, reasoning", "private"]
    assert cells(view, "second")[:3] == ["openapi", "this machine", "down"]
    choose(view, "second")
    assert "127.0.0.1" in view.list._facts.text()
    assert view.list._health.text
    assert "sesame" not in view.list._facts.text() + view.list._health.text


def test_a_test_asks_for_real_and_says_what_went_wrong(
    open_window: Open, qtbot: QtBot, fault_server: FaultServer
) -> None:
    fault_server.always(status(500))
    view = shown(open_window(TWO.replace("http://127.0.0.1:9/v1", fault_server.url)), qtbot)
    choose(view, "first")
    view.list.test_button.click()
    qtbot.waitUntil(lambda: not view.test.running, timeout=PATIENCE)
    assert "It answered" in view.list.result.text
    assert "what colour is the sky" in view.list.result.text
    choose(view, "second")
    assert view.list.result.isHidden()
    view.list.test_button.click()
    qtbot.waitUntil(lambda: not view.test.running, timeout=PATIENCE)
    assert "500" in view.list.result.text


def test_a_model_is_added_changed_and_removed(open_window: Open, qtbot: QtBot, home: Path) -> None:
    view = shown(open_window(TWO), qtbot)
    view.list.new()
    dialog = view.findChild(ModelDialog)
    assert not dialog.save.isEnabled()
    dialog.name.setText("third")
    dialog.provider.setCurrentText("echo")
    dialog.fields["tags"].setText("fast, mine")
    dialog.fields["parameters"].setText("{temperature: 0.2}")
    dialog.roles[0].setChecked(True)
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        dialog.save.click()
    assert saved(home)["models"]["third"] == {
        "provider": "echo",
        "tags": ["fast", "mine"],
        "parameters": {"temperature": 0.2},
    }
    assert saved(home)["roles"]["coding"] == ["first", "third"]
    qtbot.waitUntil(lambda: view.state.row("second") is not None, timeout=PATIENCE)
    choose(view, "second")
    view.list.edit()
    dialog = view.findChildren(ModelDialog)[-1]
    qtbot.waitUntil(dialog.save.isEnabled, timeout=PATIENCE)
    assert all("sesame" not in field.text() for field in dialog.fields.values())
    dialog.fields["timeout"].setText("9")
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        dialog.save.click()
    assert saved(home)["models"]["second"]["timeout"] == 9
    assert saved(home)["models"]["second"]["api_key"] == "sesame-open-up"
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        view.state.remove("second")
    assert "second" not in saved(home)["models"]
    assert saved(home)["roles"]["reasoning"] == ["first"]


def test_what_could_not_be_read_is_told_until_it_can(open_window: Open, qtbot: QtBot, home: Path) -> None:
    view = shown(open_window(TWO), qtbot)
    (home / "auraconfig.yaml").write_text("models: [\n")
    view.state.refresh()
    qtbot.waitUntil(view.notice.isVisible, timeout=PATIENCE)
    assert "is not valid YAML" in view.notice.text
    before = view.state.rows
    view.state.look()
    qtbot.waitUntil(lambda: view.state.rows is not before, timeout=PATIENCE)
    assert view.notice.isVisible()  # how the models are is known, and the file is as wrong as before
    (home / "auraconfig.yaml").write_text(TWO)
    view.state.refresh()
    qtbot.waitUntil(lambda: not view.notice.isVisible(), timeout=PATIENCE)


def test_what_can_not_be_written_is_told(open_window: Open, qtbot: QtBot, home: Path) -> None:
    view = shown(open_window(TWO), qtbot)
    view.list.new()
    dialog = view.findChild(ModelDialog)
    dialog.name.setText("first")
    dialog.save.click()
    qtbot.waitUntil(lambda: "called 'first' already" in dialog.notice.text, timeout=PATIENCE)
    assert saved(home) == yaml.safe_load(TWO)
    assert (dialog.isVisible(), dialog.isEnabled()) == (True, True)
    assert not view.notice.isVisible()  # where it would stay when the form is given up
    assert dialog.name.text() == "first"  # what was typed is kept, and saved once it is right
    dialog.name.setText("fourth")
    with qtbot.waitSignals([view.desk.reloaded, dialog.accepted], timeout=PATIENCE):
        dialog.save.click()
    assert "fourth" in saved(home)["models"]


def test_a_file_becomes_a_model_and_stays_where_it_is(
    open_window: Open, qtbot: QtBot, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(gguf())
    view = shown(open_window(TWO), qtbot)
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        view.state.import_file(file, "tiny")
    assert saved(home)["models"]["tiny"] == {"provider": "llamacpp", "model_path": str(file)}
    (tmp_path / "no.gguf").write_bytes(b"no model")
    view.state.import_file(tmp_path / "no.gguf", "no")
    qtbot.waitUntil(lambda: "GGUF" in view.notice.text, timeout=PATIENCE)
    assert "no" not in saved(home)["models"]


def test_a_download_that_is_stopped_goes_on_where_it_stopped(
    open_window: Open, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gguf() + bytes(3_000_000)
    with HubServer({"tiny.gguf": whole}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.pause = 0.05
        view = shown(open_window(TWO, plugins="echo,openapi,gui,assets"), qtbot)
        view.tabs.setCurrentIndex(1)
        fetch = view.fetch
        qtbot.waitUntil(lambda: fetch.table.rowCount() > 0, timeout=PATIENCE)
        fetch.words.setText("hf:maker/small")
        fetch.search()
        qtbot.waitUntil(lambda: fetch.table.item(0, 0).text() == "hf:maker/small/tiny.gguf", timeout=PATIENCE)
        fetch.get.click()
        qtbot.waitUntil(lambda: view.fetching.transfer.progress.got > 100_000, timeout=PATIENCE)
        assert view.unsaved()
        assert view.escape()
        assert "goes on from there" in fetch.card.how.text()
        hub.pause = 0.0
        assert not fetch.card.resume.isHidden()
        with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
            fetch.card.resume.click()
        assert (home / "models" / "tiny.gguf").read_bytes() == whole
        assert any(headers.get("range", headers.get("Range")) for _, headers in hub.files_asked[1:])
    assert saved(home)["models"]["tiny"]["asset"]["source"] == "hf:maker/small/tiny.gguf"


def test_a_hub_that_refuses_is_told(open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer({}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        view = shown(open_window(TWO, plugins="echo,openapi,gui,assets"), qtbot)
        view.tabs.setCurrentIndex(1)
        hub.refuse(403, {})
        view.fetch.words.setText("qwen")
        view.fetch.search()
        qtbot.waitUntil(lambda: bool(view.notice.text) and not view.notice.isHidden(), timeout=PATIENCE)
        assert "Nothing fits" in view.fetch._empty.text()


def test_the_form_of_a_model_is_asked_for_when_the_window_closes(
    open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(_: Any, __: str, question: str, *___: Any) -> Any:
        asked.append(question)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    window = open_window(TWO)
    view = shown(window, qtbot)
    view.list.new()
    dialog = view.findChildren(ModelDialog)[-1]
    assert view.unsaved() == ""
    dialog.roles[0].setChecked(True)
    assert view.unsaved() == "the model that is being written"
    dialog.roles[0].setChecked(False)
    dialog.name.setText("third")
    assert not window.close()
    assert "the model that is being written" in asked[-1]
    dialog.name.clear()
    dialog.reject()
    assert (view.unsaved(), len(asked)) == ("", 1)
    choose(view, "second")
    view.list.edit()
    dialog = view.findChildren(ModelDialog)[-1]
    qtbot.waitUntil(lambda: bool(dialog.fields["endpoint"].text()), timeout=PATIENCE)
    assert view.unsaved() == ""
    dialog.fields["timeout"].setText("9")
    assert view.unsaved() == "the model that is being written"
    dialog.fields["timeout"].clear()
    dialog.reject()


def test_three_hundred_models_hold_nothing_up(open_window: Open, qtbot: QtBot) -> None:
    models = "".join(f"  model-{number}: {{provider: echo}}\n" for number in range(300))
    view = shown(open_window(f"models:\n{models}roles: {{coding: [model-0]}}\n"), qtbot)
    choose(view, "model-250")
    place = view.list.table.verticalScrollBar().value()
    began = time.monotonic()
    view.list.show_rows(view.state.rows)  # as every five seconds
    assert time.monotonic() - began < 2
    assert view.list.chosen.name == "model-250"
    assert view.list.table.verticalScrollBar().value() == place > 0


def test_a_long_name_pushes_nothing_out_of_the_window(open_window: Open, qtbot: QtBot) -> None:
    name = "a" * 200
    window = open_window(
        f"models:\n  {name}: {{provider: echo, tags: [{name}]}}\nroles: {{coding: [{name}], {name}: [{name}]}}\n"
    )
    window.resize(900, 700)
    view = shown(window, qtbot)
    assert cells(view, name)[-1] == name
    qtbot.wait(300)
    assert window._pages.horizontalScrollBar().maximum() == 0
    window.go("routing")
    qtbot.waitUntil(lambda: window.shown.roles.list.count() > 0, timeout=PATIENCE)
    qtbot.wait(300)
    assert window._pages.horizontalScrollBar().maximum() == 0
