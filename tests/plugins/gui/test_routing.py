"""The routing panel on a real kernel: chains by dragging and by keys, the simulator, verbs and intents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

Open = Callable[..., Any]
PATIENCE = 15_000
THREE = """\
# mine
models:
  a: {provider: echo}
  b: {provider: echo}
  c: {provider: openapi, endpoint: "https://api.example.com/v1"}
roles:
  coding: [a, b, c]  # in this order
  reasoning: [b]
"""


@pytest.fixture(autouse=True)
def leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that fails with something unsaved closes its window all the same."""
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)


@pytest.fixture
def panel(open_window: Open, qtbot: QtBot) -> Any:
    """The panel, with its roles."""
    window = open_window(THREE)
    window.go("routing")
    view = window.shown
    qtbot.waitUntil(lambda: view.roles.list.count() == 2, timeout=PATIENCE)
    return view


def saved(home: Path) -> Any:
    """What stands in the file."""
    return yaml.safe_load((home / "auraconfig.yaml").read_text())


def chain(view: Any) -> list[str]:
    """The chain as it is shown."""
    return [view.roles.chain.item(at).data(Qt.ItemDataRole.UserRole) for at in range(view.roles.chain.count())]


def save(qtbot: QtBot, view: Any) -> None:
    """Press Save and wait until it is written."""
    with qtbot.waitSignal(view.desk.reloaded, timeout=PATIENCE):
        view.roles.save.click()


def test_dragging_changes_the_order_and_save_writes_it(panel: Any, qtbot: QtBot, home: Path) -> None:
    model = panel.roles.chain.model()
    assert model.moveRow(QModelIndex(), 2, QModelIndex(), 0)
    qtbot.waitUntil(lambda: chain(panel) == ["c", "a", "b"], timeout=PATIENCE)
    assert saved(home)["roles"]["coding"] == ["a", "b", "c"]
    assert panel.unsaved() == "the chains of coding"
    save(qtbot, panel)
    assert (home / "auraconfig.yaml").read_text() == THREE.replace("[a, b, c]", "[c, a, b]")
    qtbot.waitUntil(lambda: panel.unsaved() == "", timeout=PATIENCE)
    panel.simulator.prompt.setPlainText("Fix this function")
    panel.simulator.role.setCurrentText("coding")
    qtbot.waitUntil(lambda: panel.simulator.models.rowCount() == 3, timeout=PATIENCE)
    assert panel.simulator.models.item(0, 1).text() == "c"


def test_every_button_acts_on_the_model_that_is_selected(panel: Any) -> None:
    roles = panel.roles
    roles.chain.setCurrentRow(1)
    roles.up.click()
    assert (chain(panel), roles.chain.currentRow()) == (["b", "a", "c"], 0)
    assert not roles.up.isEnabled()
    roles.down.click()
    roles.down.click()
    assert (chain(panel), roles.chain.currentRow()) == (["a", "c", "b"], 2)
    roles.chain.setCurrentRow(1)
    QTest.keyClick(roles.chain, Qt.Key.Key_Delete)
    assert chain(panel) == ["a", "b"]
    assert roles.models.currentText() == "c"
    roles.add_model.click()
    assert chain(panel) == ["a", "b", "c"]
    assert panel.unsaved() == ""
    roles.list.setCurrentRow(1)
    roles.chain.setCurrentRow(0)
    roles.drop_model.click()
    assert chain(panel) == []
    assert "Nobody serves this role" in roles._empty.text()
    roles.undo.click()
    assert chain(panel) == ["b"]


def test_roles_are_made_and_taken_away(panel: Any, qtbot: QtBot, home: Path) -> None:
    panel.roles.list.setCurrentRow(1)
    panel.roles.remove_role()
    panel.roles.make_role("review")
    panel.roles.models.setCurrentText("b")
    panel.roles.add()
    assert panel.unsaved() == "the chains of reasoning, review"
    save(qtbot, panel)
    assert saved(home)["roles"] == {"coding": ["a", "b", "c"], "review": ["b"]}


def test_a_refused_change_is_told_and_kept(panel: Any, qtbot: QtBot, home: Path) -> None:
    (home / "auraconfig.yaml").write_text(THREE + "intents: {X: {role: reasoning}}\n")
    panel.roles.list.setCurrentRow(1)
    panel.roles.remove_role()
    panel.roles.save.click()
    qtbot.waitUntil(lambda: "no role is called 'reasoning'" in panel.notice.text, timeout=PATIENCE)
    assert panel.unsaved()
    assert "reasoning" in saved(home)["roles"]
    panel.roles.discard.click()
    assert not panel.unsaved()


def test_closing_asks_for_what_is_not_saved(panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_: Any, __: str, question: str, *___: Any) -> Any:
        asked.append(question)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", answer)
    panel.roles.chain.setCurrentRow(1)
    panel.roles.up.click()
    assert not panel.window().close()
    assert "the chains of coding" in asked[0]
    panel.roles.discard.click()


def test_the_simulator_shows_stages_vetoes_and_order_and_calls_nobody(panel: Any, qtbot: QtBot) -> None:
    simulator = panel.simulator
    assert "Nothing to simulate" in simulator.empty.text()
    simulator.prompt.setPlainText("Fix this function, my card is 4539 1488 0343 6467")
    qtbot.waitUntil(lambda: simulator.models.rowCount() == 3, timeout=PATIENCE)
    stages = [simulator.stages.item(at, 0).text() for at in range(simulator.stages.rowCount())]
    assert stages[:3] == ["analyse", "private", "classify"]
    assert stages[-1] == "rank"
    rows = [[simulator.models.item(at, column).text() for column in (0, 1, 3)] for at in range(3)]
    assert rows[0] == ["1", "a", "would be asked first"]
    assert rows[2][:2] == ["–", "c"]
    assert "private" in rows[2][2]
    simulator.prompt.clear()
    qtbot.waitUntil(lambda: not simulator.empty.isHidden(), timeout=PATIENCE)


def test_words_lead_to_a_role(panel: Any, qtbot: QtBot, home: Path) -> None:
    panel.verbs.list.setCurrentRow(1)
    panel.verbs.words.setPlainText("ponder\n\nchew over\nponder")
    assert panel.unsaved() == "the words for reasoning"
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        panel.verbs.save.click()
    assert saved(home)["semantic_verbs"] == {"reasoning": ["ponder", "chew over"]}
    qtbot.waitUntil(lambda: panel.unsaved() == "", timeout=PATIENCE)
    panel.simulator.prompt.setPlainText("please ponder my life")
    qtbot.waitUntil(lambda: "reasoning" in panel.simulator.summary.text(), timeout=PATIENCE)


def test_an_intent_is_made_of_examples(panel: Any, qtbot: QtBot, home: Path) -> None:
    intents = panel.intents
    qtbot.waitUntil(lambda: intents.list.count() == 3, timeout=PATIENCE)
    assert intents.description.isReadOnly()
    intents.begin()
    assert not intents.save.isEnabled()
    intents.name.setText("REFUND")
    intents.role.setCurrentText("reasoning")
    intents.synonyms.setText("money back")
    intents.examples.setPlainText("I want a refund for my kettle\nplease refund the last order")
    assert panel.unsaved() == "an intent"
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        intents.save.click()
    assert saved(home)["intents"]["REFUND"] == {
        "role": "reasoning",
        "examples": ["I want a refund for my kettle", "please refund the last order"],
        "synonyms": ["money back"],
    }
    qtbot.waitUntil(lambda: intents.list.count() == 4 and panel.unsaved() == "", timeout=PATIENCE)
    intents.list.setCurrentRow(3)
    assert intents.drop.isEnabled()
    intents.drop.click()
    qtbot.waitUntil(lambda: intents.list.count() == 3, timeout=PATIENCE)
    assert "REFUND" not in (saved(home).get("intents") or {})


def test_a_broken_configuration_is_told_in_words(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(THREE.replace("[b]", "[ghost]"))
    window.go("routing")
    view = window.shown
    qtbot.waitUntil(lambda: "no model is called 'ghost'" in view.notice.text, timeout=PATIENCE)
    assert view.roles.list.count() == 2


def test_what_is_written_for_a_role_waits_while_another_is_selected(panel: Any, qtbot: QtBot, home: Path) -> None:
    verbs = panel.verbs
    verbs.list.setCurrentRow(0)
    verbs.words.setPlainText("hack")
    verbs.list.setCurrentRow(1)
    assert verbs.words.toPlainText() == ""
    verbs.words.setPlainText("ponder")
    assert panel.unsaved() == "the words for coding, reasoning"
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        verbs.save.click()
    qtbot.waitUntil(lambda: panel.unsaved() == "the words for coding", timeout=PATIENCE)
    verbs.list.setCurrentRow(0)
    assert verbs.words.toPlainText() == "hack"
    assert verbs.save.isEnabled()
    assert saved(home)["semantic_verbs"] == {"reasoning": ["ponder"]}
    verbs.words.setPlainText("")
    assert panel.unsaved() == ""


def test_an_intent_without_a_name_waits_and_is_asked_for(panel: Any, qtbot: QtBot, home: Path) -> None:
    intents = panel.intents
    qtbot.waitUntil(lambda: intents.list.count() == 3, timeout=PATIENCE)
    intents.begin()
    assert panel.unsaved() == ""
    intents.examples.setPlainText("one\ntwo")
    assert (panel.unsaved(), intents.save.isEnabled()) == ("an intent", False)
    intents.list.setCurrentRow(0)
    assert intents.name.text() == intents.list.item(0).text().splitlines()[0]
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):  # another change meanwhile
        panel.verbs.list.setCurrentRow(1)
        panel.verbs.words.setPlainText("ponder")
        panel.verbs.save.click()
    qtbot.waitUntil(lambda: panel.unsaved() == "an intent", timeout=PATIENCE)
    intents.begin()
    assert intents.examples.toPlainText() == "one\ntwo"
    intents.name.setText("COUNT")
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        intents.save.click()
    qtbot.waitUntil(lambda: panel.unsaved() == "" and intents.list.count() == 4, timeout=PATIENCE)
    assert saved(home)["intents"]["COUNT"]["examples"] == ["one", "two"]
    assert intents.list.currentItem().text().startswith("COUNT")
    intents.description.setText("Counting")
    intents.list.setCurrentRow(0)
    intents.list.setCurrentRow(3)
    assert (intents.description.text(), panel.unsaved()) == ("Counting", "an intent")
