"""The workspace on a real kernel: preview, answer, execution, wishes, privacy, errors, history and conversations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from fault_server import FaultServer
from faults import half_a_stream, hang, status, whole_stream

Open = Callable[..., Any]
PATIENCE = 15_000


def ask(qtbot: QtBot, view: Any, text: str) -> Any:
    """Type and run, and wait for the end."""
    view.composer.prompt.setPlainText(text)
    QTest.keyClick(view.composer.prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.state.current is not None and not view.state.busy, timeout=PATIENCE)
    return view.state.current


def turn(view: Any) -> Any:
    """How the latest answer is shown."""
    return view.answers.turns[id(view.state.current)]


def remote(server: FaultServer, **more: str) -> str:
    """A configuration whose one model is that server."""
    settings = "".join(f", {name}: {value}" for name, value in more.items())
    return f"models: {{cloud: {{provider: openapi, endpoint: '{server.url}'{settings}}}}}\nroles: {{coding: [cloud]}}\n"


def test_the_route_is_shown_while_writing(open_window: Open, qtbot: QtBot) -> None:
    view = open_window().shown
    QTest.keyClicks(view.composer.prompt, "Fix this function")
    qtbot.waitUntil(lambda: view.state.preview.shown is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.state.preview.shown.task.text == "Fix this function", timeout=PATIENCE)
    decision = view.state.preview.shown.decision
    assert decision.role == "coding"
    assert decision.chain == ("first", "second")
    view.composer.prompt.clear()
    assert view.state.preview.shown is None


def test_the_keypad_runs_it_too_and_other_fields_do_not(open_window: Open, qtbot: QtBot) -> None:
    view = open_window().shown
    view.composer.prompt.setPlainText("Fix this function")
    view.composer.mode.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(view.composer.mode, Qt.Key.Key_Return, control)
    assert view.composer.prompt.toPlainText() == "Fix this function"
    view.composer.prompt.setFocus()
    QTest.keyClick(view.composer.prompt, Qt.Key.Key_Enter, control | Qt.KeyboardModifier.KeypadModifier)
    qtbot.waitUntil(lambda: view.state.current is not None and not view.state.busy, timeout=PATIENCE)
    assert view.state.current.state == "done"


def test_an_answer_comes_with_its_execution(open_window: Open, qtbot: QtBot) -> None:
    view = open_window().shown
    run = ask(qtbot, view, "Fix **this** function")
    assert run.state == "done"
    assert turn(view).answer.toPlainText() == "Fix this function"
    assert run.summary.startswith("first · ")
    assert [vertex.state for vertex in run.graph.vertices.values()] == ["ok"] * len(run.graph.vertices)
    assert run.graph.edges()
    answer = next(name for name, vertex in run.graph.vertices.items() if vertex.node.kind == "answer")
    view.execution.graph.choose(answer)
    assert view.execution.graph.chosen == answer


def test_wishes_beat_the_router(open_window: Open, qtbot: QtBot) -> None:
    view = open_window().shown
    qtbot.waitUntil(lambda: view.composer.model.count() == 3, timeout=PATIENCE)
    assert view.composer.role.findData("reasoning") > 0
    view.composer.model.setCurrentIndex(view.composer.model.findData("second"))
    assert ask(qtbot, view, "Fix this function").model == "second"


def test_code_and_tables_are_drawn_and_html_is_not(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> None:
    fault_server.always(
        whole_stream("# Sum\n\n```python\n", "def f(): return 'x'\n```\n\n", "<img src='x'> and ![y](file:///z)")
    )
    view = open_window(remote(fault_server)).shown
    run = ask(qtbot, view, "Write code")
    assert run.state == "done"
    shown = turn(view).answer.toPlainText()
    assert "def f(): return 'x'" in shown
    assert "<img src='x'>" in shown
    block = turn(view).answer.document().findBlockByNumber(1)
    assert block.layout().formats(), "code is coloured"


def test_esc_stops_what_hangs(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> None:
    fault_server.always(hang)
    window = open_window(remote(fault_server))
    view = window.shown
    view.composer.prompt.setPlainText("Hello")
    view.send()
    qtbot.waitUntil(fault_server.hanging.is_set, timeout=PATIENCE)
    assert view.unsaved()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert view.state.current.state == "stopped"
    qtbot.waitUntil(fault_server.left.is_set, timeout=PATIENCE)
    fault_server.forget()
    assert ask(qtbot, view, "Hello again").state == "done"


def test_half_an_answer_says_so(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> None:
    fault_server.always(half_a_stream())
    view = open_window(remote(fault_server)).shown
    run = ask(qtbot, view, "Write code")
    assert run.state == "incomplete"
    assert run.text
    assert turn(view).notice.isVisible()


ERRORS: dict[str, tuple[Any, dict[str, str], str]] = {
    "refused key": (status(401), {"api_key": "wrong"}, "key"),
    "server error": (status(500), {}, "cloud"),
    "too many requests": (status(429), {}, "cloud"),
    "nonsense": (status(200, body="nonsense"), {}, "cloud"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_failing_model_is_told_with_what_to_do(
    case: str, open_window: Open, qtbot: QtBot, fault_server: FaultServer
) -> None:
    fault, settings, word = ERRORS[case]
    fault_server.always(fault)
    view = open_window(remote(fault_server, **settings)).shown
    run = ask(qtbot, view, "Hello")
    assert run.state == "failed"
    assert run.trouble.kind == "AllModelsFailedError"
    assert run.trouble.next
    words = turn(view).notice.text
    assert word in words
    assert "wrong" not in words


def test_a_private_prompt_goes_nowhere_that_is_not_cleared(
    open_window: Open, qtbot: QtBot, fault_server: FaultServer
) -> None:
    view = open_window(remote(fault_server)).shown
    view.composer.prompt.setPlainText("The card 4539 1488 0343 6467 was declined")
    qtbot.waitUntil(view.composer.badge.isVisible, timeout=PATIENCE)
    assert "nowhere to go" in view.composer.badge.text
    run = ask(qtbot, view, "The card 4539 1488 0343 6467 was declined")
    assert run.trouble.kind == "PrivacyError"
    assert "private" in turn(view).notice.text
    assert not any("4539" in str(request.json) for request in fault_server.requests if request.method == "POST")


def test_a_configuration_that_cannot_be_used_is_told_and_mended(open_window: Open, qtbot: QtBot, home: Path) -> None:
    view = open_window("models: {first: {provider: echo, nonsense: 1}}\n").shown
    qtbot.waitUntil(view.notice.isVisible, timeout=PATIENCE)
    assert "nonsense" in view.notice.text
    (home / "auraconfig.yaml").write_text("models: {first: {provider: echo}}\nroles: {coding: [first]}\n")
    assert ask(qtbot, view, "Fix it").state == "done"
    assert not view.notice.isVisible()


def test_a_plugin_that_is_switched_off_is_told_with_what_does_it(open_window: Open, qtbot: QtBot) -> None:
    view = open_window("models: {a: {provider: claude}}\nroles: {coding: [a]}\n").shown
    run = ask(qtbot, view, "Fix it")
    assert run.trouble.kind == "PluginMissingError"
    assert run.trouble.next == "Add 'claude' to AURAROUTER_PLUGINS."


def test_the_history_is_searched(open_window: Open, qtbot: QtBot) -> None:
    view = open_window().shown
    ask(qtbot, view, "Fix this function")
    ask(qtbot, view, "Weigh two designs against each other")
    view.tabs.setCurrentWidget(view.history)

    def listed() -> bool:
        if view.history.list.count() < 2:
            view.history.refresh()
        return bool(view.history.list.count() == 2)

    qtbot.waitUntil(listed, timeout=PATIENCE)
    view.history.search.setText("designs")
    assert view.history.list.count() == 1
    with qtbot.waitSignal(view.history.chosen, timeout=PATIENCE):
        view.history._choose(view.history.list.item(0))
    assert view.tabs.currentWidget() is view.execution
    view.history.search.setText("no such words")
    assert view.history.list.count() == 0
    assert view.history.empty.text()


def test_a_conversation_knows_what_was_said(open_window: Open, qtbot: QtBot, fault_server: FaultServer) -> None:
    view = open_window(remote(fault_server, context_length="2000")).shown
    view.composer.chat.setChecked(True)
    ask(qtbot, view, "My name is Ada")
    ask(qtbot, view, "What is my name?")
    said = [request.json["messages"] for request in fault_server.requests if request.method == "POST"]
    assert [len(messages) for messages in said] == [1, 3]
    qtbot.waitUntil(lambda: "of 2,000 tokens" in view.composer.fill.text(), timeout=PATIENCE)
    assert view.composer.fill_bar.isVisible()
    view.window().resize(900, 700)
    shown = (view.composer.fill, view.composer.chat)
    qtbot.waitUntil(lambda: all(one.width() >= one.sizeHint().width() for one in shown), timeout=PATIENCE)


def test_an_answer_is_saved_or_the_reason_is_told(open_window: Open, qtbot: QtBot, tmp_path: Path) -> None:
    view = open_window().shown
    ask(qtbot, view, "Fix it")
    turn(view).save_to(tmp_path / "answer.md")
    assert (tmp_path / "answer.md").read_text() == "Fix it\n"
    turn(view).save_to(tmp_path / "no" / "answer.md")
    assert "can't be written" in turn(view).notice.text
