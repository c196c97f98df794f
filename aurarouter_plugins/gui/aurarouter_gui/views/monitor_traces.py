"""The monitor's fourth tab: the latest tasks, and how the one that is selected went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QSplitter, QVBoxLayout, QWidget

from aurarouter_gui.state.graph import Graph
from aurarouter_gui.state.monitor_parts import TracesPart, answered_by, moment
from aurarouter_gui.state.words import money, seconds
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.execution_view import ExecutionView
from aurarouter_gui.views.log_table import Line, LogTable
from aurarouter_gui.views.parts import label, row

COLUMNS = ("When", "Task", "Model", "Time", "Tokens", "Cost", "From")
NOTHING = "Nothing was asked yet. Every task, from any program of yours, appears here when it has ended."
NO_FAILURE = "No task that is kept has failed."


class TracesView(QWidget):
    """The list above, the execution below."""

    def __init__(self, desk: Desk, again: Callable[[], None]) -> None:
        super().__init__()
        self.part = TracesPart()
        self._shown = ""
        self.verdict = label(tone="muted")
        self.failed = QCheckBox("Only failed")
        self.failed.toggled.connect(lambda _: again())
        self.table = LogTable(desk, COLUMNS, stretched=1)
        self.table.setAccessibleName("Latest tasks")
        self.table.chosen.connect(self._detail)
        self.execution = ExecutionView(desk)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.table)
        parts.addWidget(self.execution)
        parts.setStretchFactor(0, 2)
        parts.setStretchFactor(1, 3)
        parts.setSizes([200, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        head = row(self.verdict, self.failed)
        head.setStretch(0, 1)
        layout.addLayout(head)
        layout.addWidget(parts, 1)

    def show_part(self, part: TracesPart) -> None:
        """Show these."""
        self.part = part
        many = f"The latest {len(part.traces):,} tasks" if len(part.traces) > 1 else "One task"
        nothing = NO_FAILURE if self.failed.isChecked() else NOTHING
        self.verdict.setText(many if part.traces else nothing)
        self.table.show_lines([_line(trace) for trace in part.traces])
        if not self.table.key and part.traces:
            self.table.choose(part.traces[0]["id"])
        self._detail(self.table.key)

    def _detail(self, key: str) -> None:
        trace = next((trace for trace in self.part.traces if trace["id"] == key), None)
        self.execution.setVisible(trace is not None)
        if trace is not None and key != self._shown:
            self.execution.show_graph(Graph.of_plain(trace))
        self._shown = key


def _line(trace: Mapping[str, Any]) -> Line:
    decision, usage = trace.get("decision") or {}, trace["usage"]
    known = " → ".join(filter(None, (decision.get("intent", ""), decision.get("role", ""))))
    mark = "✓" if trace["complete"] else "✗"
    cells = (
        moment(trace["started_at"]),
        f"{mark} {known or 'task'}{' · private' if trace['private'] else ''}",
        answered_by(trace),
        seconds(trace["seconds"]),
        f"{usage['input_tokens'] + usage['output_tokens']:,}",
        money(trace["cost"]),
        " ".join(filter(None, (trace["surface"], trace["app"]))),
    )
    return Line(trace["id"], cells, {} if trace["complete"] else {1: "bad"})
