"""The execution of a task: its graph, and below it the details of the piece of work that is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from aurarouter_gui.state.graph import Graph, Vertex
from aurarouter_gui.state.words import money, seconds, sentence, tokens
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.graph_view import GraphView
from aurarouter_gui.views.parts import heading, label
from aurarouter_gui.views.prose import Prose
from aurarouter_hooks import Attempt

EMPTY = "No execution yet"
EMPTY_WORDS = "Run a prompt: each analysis, plan, step, review and attempt is drawn here as it happens."
PAINT = 60
"""Milliseconds between two drawings of a graph that grows."""
LINES = 8
"""Lines of details that show at least: those of one attempt."""
MARKS = {"ok": "✓", "failed": "✗", "incomplete": "⚠", "cancelled": "■"}


class ExecutionView(QWidget):
    """Graph above, details below."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._graph = Graph()
        self._painting = QTimer(self)
        self._painting.setSingleShot(True)
        self._painting.setInterval(PAINT)
        self._painting.timeout.connect(lambda: self.show_graph(self._graph))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.graph = GraphView(desk, self.detail)
        self._details = QScrollArea()
        self._details.setWidgetResizable(True)
        self._details.setFrameShape(QScrollArea.Shape.NoFrame)
        self._details.setMinimumHeight(self.fontMetrics().lineSpacing() * LINES)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.addWidget(self.graph)
        self._parts.addWidget(self._details)
        self._parts.setStretchFactor(0, 3)
        self._parts.setStretchFactor(1, 2)
        layout.addWidget(self._parts)
        self.show_graph(self._graph)

    def follow(self, graph: Graph) -> None:
        """This graph has changed: draw it soon, however often it changes."""
        self._graph = graph
        if not self._painting.isActive():
            self._painting.start()

    def show_graph(self, graph: Graph) -> None:
        """Draw this graph; the details follow."""
        self._graph = graph
        self.graph.setVisible(bool(graph.vertices))
        self.graph.show_graph(graph)
        self.detail(self.graph.chosen)

    def detail(self, name: str) -> None:
        """Say all about one piece of work; about the last that went wrong, or the last of all, where none is chosen."""
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(6)
        vertices = self._graph.vertices
        if not vertices:
            layout.addWidget(heading(EMPTY))
            layout.addWidget(label(EMPTY_WORDS, tone="muted"))
        else:
            failed = [one for one, vertex in vertices.items() if vertex.state in ("failed", "stopped")]
            vertex = vertices.get(name) or vertices[(failed or list(vertices))[-1]]
            self._say(layout, vertex)
        layout.addStretch(1)
        self._details.setWidget(page)

    @staticmethod
    def _say(layout: QVBoxLayout, vertex: Vertex) -> None:
        node = vertex.node
        layout.addWidget(heading(vertex.title))
        about = [node.role and f"role {node.role}", vertex.state != "running" and seconds(node.seconds), node.label]
        layout.addWidget(Prose(" · ".join(str(part) for part in about if part), tone="muted"))
        for attempt in vertex.attempts:
            for line, tone in _attempt(attempt):
                layout.addWidget(Prose(line, tone=tone))
        for model, reason in node.skipped.items():
            layout.addWidget(Prose(f"– {model}: {reason}", tone="muted"))
        if vertex.state == "running" and vertex.waits:
            layout.addWidget(Prose(vertex.waits, tone="muted"))
        if vertex.state == "stopped":
            words = f"{vertex.asked} was stopped" if vertex.asked else "It was stopped before a model was asked"
            layout.addWidget(Prose(f"{MARKS['cancelled']} {words}", tone="muted"))


def _attempt(attempt: Attempt) -> list[tuple[str, str]]:
    """What to say of an attempt, each line with its tone."""
    first = f"first word after {seconds(attempt.first_token)}" if attempt.first_token is not None else ""
    used = f"{tokens(attempt.usage)} tokens" if attempt.usage else ""
    facts = " · ".join(filter(None, (seconds(attempt.seconds), first, used, used and money(attempt.cost))))
    mark = MARKS.get(attempt.outcome, "?")
    lines = [(f"{mark} {attempt.number}. {attempt.model} ({attempt.provider})", ""), (facts, "muted")]
    if attempt.error is not None:
        lines.append((f"{attempt.error.type}: {sentence(attempt.error.message)}", "bad"))
        if attempt.error.hint:
            lines.append((sentence(attempt.error.hint), "muted"))
    return lines
