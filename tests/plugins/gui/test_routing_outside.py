"""The routing panel beside others who change the same file, and with a file that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

Open = Callable[..., Any]
PATIENCE = 15_000
TWO = """\
models: {a: {provider: echo}, b: {provider: echo}}
roles:
  coding: [a, b]
  reasoning: [a, b]
semantic_verbs: {coding: [hack]}
intents: {COUNT: {role: coding, examples: [one, two]}}
"""


@pytest.fixture
def panel(open_window: Open, qtbot: QtBot) -> Any:
    """The panel, with its roles."""
    window = open_window(TWO)
    window.go("routing")
    view = window.shown
    qtbot.waitUntil(lambda: view.roles.list.count() == 2, timeout=PATIENCE)
    return view


def change(home: Path, was: str, now: str) -> str:
    """Change the file as an editor does, and tell what it says then."""
    text = (home / "auraconfig.yaml").read_text().replace(was, now)
    (home / "auraconfig.yaml").write_text(text)
    return text


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


def test_what_somebody_else_has_rearranged_is_not_put_back(panel: Any, qtbot: QtBot, home: Path) -> None:
    roles = panel.roles
    roles.down.click()
    text = change(home, "coding: [a, b]", "coding: [b]")
    panel.state.refresh()  # what is being rearranged stays, and is known to come from before
    qtbot.waitUntil(lambda: panel.state.picture.chains["coding"] == ("b",), timeout=PATIENCE)
    roles.save.click()
    qtbot.waitUntil(lambda: "coding were changed by somebody else meanwhile" in panel.notice.text, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == text
    roles.discard.click()
    assert panel.state.chains.roles["coding"] == ("b",)
    assert panel.unsaved() == ""


def test_saving_one_role_leaves_what_others_made_of_another(panel: Any, qtbot: QtBot, home: Path) -> None:
    panel.roles.down.click()
    text = change(home, "reasoning: [a, b]", "reasoning: [b]")
    panel.state.refresh()
    qtbot.waitUntil(lambda: panel.state.chains.roles["reasoning"] == ("b",), timeout=PATIENCE)
    assert panel.unsaved() == "the chains of coding"
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        panel.roles.save.click()
    assert (home / "auraconfig.yaml").read_text() == text.replace("coding: [a, b]", "coding: [b, a]")


def test_words_and_intents_of_others_stay_too(panel: Any, qtbot: QtBot, home: Path) -> None:
    text = change(home, "[hack]", "[hack, patch]")
    panel.verbs.words.setPlainText("mend")
    panel.verbs.save.click()
    words = "semantic_verbs.coding was changed by somebody else"
    qtbot.waitUntil(lambda: words in panel.notice.text and not panel.state.busy, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == text
    text = change(home, "[one, two]", "[one, two, three]")
    panel.state.remove_intent("COUNT")
    qtbot.waitUntil(lambda: "intents.COUNT was changed by somebody else" in panel.notice.text, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == text


def test_what_is_written_over_a_change_that_was_shown_meanwhile_is_refused_once(
    panel: Any, qtbot: QtBot, home: Path
) -> None:
    panel.verbs.words.setPlainText("mend")
    text = change(home, "[hack]", "[hack, patch]")
    panel.state.refresh()  # as when the window finds out
    qtbot.waitUntil(lambda: panel.state.picture.verbs["coding"] == ("hack", "patch"), timeout=PATIENCE)
    panel.verbs.save.click()
    words = "semantic_verbs.coding was changed by somebody else"
    qtbot.waitUntil(lambda: words in panel.notice.text and not panel.state.busy, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == text
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        panel.verbs.save.click()
    qtbot.waitUntil(lambda: panel.state.picture.verbs["coding"] == ("mend",), timeout=PATIENCE)
    panel.verbs.words.setPlainText("mend\ntidy")  # nobody else has changed what we wrote
    with qtbot.waitSignal(panel.desk.reloaded, timeout=PATIENCE):
        panel.verbs.save.click()
    qtbot.waitUntil(lambda: panel.unsaved() == "", timeout=PATIENCE)


def test_an_intent_that_is_being_written_is_not_put_over_what_others_made_of_it(
    panel: Any, qtbot: QtBot, home: Path
) -> None:
    intents = panel.intents
    names = [intents.list.item(at).text().split("\n")[0] for at in range(intents.list.count())]
    intents.list.setCurrentRow(names.index("COUNT"))
    intents.description.setText("Counts")
    text = change(home, "[one, two]", "[one, two, three]")
    panel.state.refresh()
    qtbot.waitUntil(lambda: any("three" in one.examples for one in panel.state.picture.intents), timeout=PATIENCE)
    intents.save.click()
    qtbot.waitUntil(lambda: "intents.COUNT was changed by somebody else" in panel.notice.text, timeout=PATIENCE)
    assert (home / "auraconfig.yaml").read_text() == text
    intents.drop.click()
    qtbot.waitUntil(lambda: panel.unsaved() == "" and not panel.state.busy, timeout=PATIENCE)
