"""What the execution shows of an answer that was stopped, and of long words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from aurarouter_core import Plugins
from aurarouter_gui.state.graph import Graph
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.execution_view import ExecutionView
from aurarouter_gui.views.graph_view import _look
from aurarouter_gui.views.palette import LIGHT
from aurarouter_gui.views.prose import Prose
from aurarouter_hooks import Attempt, ErrorInfo, Node
from fault_server import FaultServer
from faults import hang

Open = Callable[..., Any]
PATIENCE = 15_000


def details(view: Any) -> str:
    """All that is said of the chosen piece of work."""
    page = view._details.widget()
    shown = (page.layout().itemAt(at).widget() for at in range(page.layout().count()))
    return "\n".join(one.text() for one in shown if one is not None)


def test_what_was_stopped_says_so_and_how_long_it_took(
    open_window: Open, qtbot: QtBot, fault_server: FaultServer
) -> None:
    fault_server.always(hang)
    window = open_window(
        f"models: {{cloud: {{provider: openapi, endpoint: '{fault_server.url}'}}}}\nroles: {{coding: [cloud]}}\n"
    )
    view = window.shown
    view.composer.prompt.setPlainText("Fix this function")
    view.send()
    qtbot.waitUntil(fault_server.hanging.is_set, timeout=PATIENCE)
    qtbot.waitUntil(lambda: any(one.asked for one in view.state.current.graph.vertices.values()), timeout=PATIENCE)
    QTest.qWait(50)
    assert window.shown.escape()
    vertex = next(one for one in view.state.current.graph.vertices.values() if one.node.kind == "answer")
    assert vertex.state == "stopped"
    assert vertex.node.seconds >= 0.05
    assert vertex.line.startswith("cloud · ")
    assert vertex.line.endswith(" · stopped")
    assert _look(vertex, window.desk.colours)[1] == window.desk.colours.edge
    qtbot.waitUntil(lambda: "■ cloud was stopped" in details(view.execution), timeout=PATIENCE)


def test_a_long_word_is_broken(qtbot: QtBot) -> None:
    word = "sha256-" + "0123456789abcdef" * 40
    error = ErrorInfo(type="ModelError", message=word, hint=word)
    attempt = Attempt(number=1, model=word, provider="openapi", started=0.0, outcome="failed", error=error)
    node = Node(id="answer", kind="answer", role="coding", label=word, attempts=(attempt,), skipped={word: word})
    view: Any = ExecutionView(Desk(None, "local", Plugins(), LIGHT))
    qtbot.addWidget(view)
    view.resize(320, 900)
    view.show()
    view.show_graph(Graph.of([node]))
    page = view._details.widget()
    qtbot.waitUntil(lambda: page.width() > 100, timeout=PATIENCE)
    QTest.qWait(50)
    assert page.width() <= view._details.viewport().width()
    for shown in page.findChildren(Prose):
        assert shown.height() >= shown.heightForWidth(shown.viewport().width())
        assert shown.document().size().width() <= shown.viewport().width()
    assert details(view).casefold().count(word) == 6
