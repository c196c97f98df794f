"""The panel Cell Status: the nodes, and what they were asked and answered lately."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSplitter, QTabWidget, QVBoxLayout

from aurarouter_auragrid.names import RESULTS_PREFIX
from aurarouter_auragrid.panels.cell_page import CellPage
from aurarouter_auragrid.panels.cell_watch import CellPicture, Logged
from aurarouter_auragrid.records import NodeRecord
from aurarouter_gui.state.monitor_parts import moment
from aurarouter_gui.state.words import counted
from aurarouter_gui.views.log_table import Line, Lines, LogTable
from aurarouter_gui.views.parts import card, row

NODES = ("Node", "Address", "Health", "Loaded models", "Load", "Last seen")
EVENTS = ("When", "Kind", "Request", "Topic", "Result", "Words")
ALONE = "No node is there. Start one: aurarouter grid up"
QUIET = "No event yet. Give the cell a task as one: aurarouter grid submit TASK"
NONE_ASIDE = "Nothing was set aside: no request was given up by all nodes that tried it."
DEAD = ("When", "Number", "Request", "App", "Why")


class StatusPage(CellPage):
    """Nodes above, events below."""

    HELP = """\
## Cell Status

The nodes of the cell with their address, health, loaded models and when each was last heard of; below them the latest
requests and results that went as events, and the requests that no node could answer. **Replay** gives one of those to
the nodes again. It looks anew every 30 seconds while it is shown, and at **Refresh Now**.
"""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self.nodes = LogTable(desk, NODES, stretched=3)
        self.nodes.setAccessibleName("Nodes")
        self.events = LogTable(desk, EVENTS, stretched=5)
        self.events.setAccessibleName("Event log")
        self.dead = LogTable(desk, DEAD, stretched=4)
        self.dead.setAccessibleName("Requests that were set aside")
        self.dead.chosen.connect(lambda _: self._enable())
        self.replay = QPushButton("Replay")
        self.replay.setToolTip("Give the selected request to the nodes again")
        self.replay.clicked.connect(lambda _=False: self.state.replay(int(self.dead.key)))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.events, "Events")
        self.tabs.addTab(self.dead, "Set aside")
        self.tabs.currentChanged.connect(lambda _: self._enable())
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.nodes)
        parts.addWidget(self.tabs)
        frame, inside = card()
        head = row(self.verdict, self.replay, self.refresh)
        head.setStretch(0, 1)
        inside.addLayout(head)
        inside.addWidget(parts, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        self._enable()

    def show_picture(self, picture: CellPicture) -> None:
        """Show how the cell is."""
        many = counted(len(picture.nodes), "node")
        aside = f", {counted(len(picture.dead), 'request')} set aside" if picture.dead else ""
        self.verdict.setText(
            f"{many}, {counted(len(picture.events), 'event')}{aside}, as of {time.strftime('%H:%M:%S')}"
        )
        self.nodes.empty, self.events.empty, self.dead.empty = ALONE, QUIET, NONE_ASIDE
        self.nodes.show_lines([_node(node) for node in picture.nodes])
        self.events.show_lines(Lines(picture.events, _key, _event))
        self.dead.show_lines(Lines(picture.dead, _key, _dead))
        self.tabs.setTabText(1, f"Set aside ({len(picture.dead):,})" if picture.dead else "Set aside")
        self._enable()

    def _enable(self) -> None:
        self.replay.setVisible(self.tabs.currentWidget() is self.dead)
        self.replay.setEnabled(bool(self.dead.key))


def _key(event: Logged) -> str:
    return event.key


def _node(node: NodeRecord) -> Line:
    ago = max(0.0, time.time() - node.seen)
    loaded = ", ".join(_model(node, name, state) for name, state in node.models.items())
    cells = (node.name, node.address, node.state, loaded or "none", f"{node.load:.0%}", f"{ago:.0f} s ago")
    return Line(node.name, cells, {2: "good" if node.state == "serving" else "warn"})


def _model(node: NodeRecord, name: str, state: str) -> str:
    if state == "ready":
        return f"{name} (not loaded)" if name in node.unloaded else name
    return f"{name} ({state})"


def _event(event: Logged) -> Line:
    result = "" if event.ok is None else "ok" if event.ok else "failed"
    topic = "its own" if event.topic.startswith(RESULTS_PREFIX) else event.topic
    cells = (moment(event.at), event.kind, event.id[:12], topic, result, event.words)
    return Line(event.key, cells, {4: "good" if event.ok else "bad"})


def _dead(event: Logged) -> Line:
    return Line(event.key, (moment(event.at), event.key, event.id[:12], event.topic, event.words), {4: "bad"})
