"""The panel Deployment: how many nodes have each model, how many should, and what the cell has for them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QPushButton, QSpinBox, QSplitter, QTableWidget, QTabWidget, QVBoxLayout

from aurarouter_auragrid.deployment.deployments import Deployment, Placement
from aurarouter_auragrid.panels.cell_page import CellPage
from aurarouter_auragrid.panels.cell_watch import CellPicture
from aurarouter_auragrid.panels.found_servers import FoundServer, found_servers
from aurarouter_auragrid.panels.status_page import ALONE
from aurarouter_auragrid.records import NodeRecord
from aurarouter_gui.state.words import counted
from aurarouter_gui.views.log_table import Line, LogTable
from aurarouter_gui.views.parts import Notice, card, row
from aurarouter_gui.views.tables import fill, table

MODELS = ("Model", "Current", "Desired", "Where it is, and what keeps the rest")
RESOURCES = ("Node", "Services at", "Availability", "Load", "Memory", "Model files")
SERVERS = ("Server", "Node", "Address there", "Models", "Availability")
DESIRED = 2
HIGH = 42
"""Pixels of a line in which a number can be set."""
LONGEST = 240
"""Characters of a reason that are shown."""
SOON = 2000
"""Milliseconds until the next look, while a model is on its way."""
NO_SERVER = (
    "No model server was found on a machine of a node. Nodes look for Ollama, llama.cpp and servers of the OpenAI "
    "dialect, unless grid.discover is off."
)
NOTHING = "The cell keeps no model. Push one: aurarouter grid models push FILE --id ID"


class DeploymentPage(CellPage):
    """Nothing happens before Apply Strategy."""

    HELP = """\
## Deployment

For each model that the cell keeps: how many nodes are ready with it, and how many should be. Set the number and press
**Apply Strategy**: the nodes see to it by themselves, and what is on its way, or why it is not, is shown. Below stands
what each node has to offer, and the model servers (Ollama, llama.cpp, …) that were found on the nodes' machines.
"""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self.models: QTableWidget = table(MODELS, stretched=3)
        self.models.setAccessibleName("Replicas of each model")
        self.models.horizontalHeader().setSectionResizeMode(DESIRED, QHeaderView.ResizeMode.Fixed)
        self.models.horizontalHeader().resizeSection(DESIRED, 90)
        self.models.setWordWrap(False)
        self.models.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.models.verticalHeader().setDefaultSectionSize(HIGH)
        self.why = Notice()
        self.resources = LogTable(desk, RESOURCES, stretched=5)
        self.resources.setAccessibleName("Resources of the cell")
        self.servers = LogTable(desk, SERVERS, stretched=3)
        self.servers.setAccessibleName("Model servers that were found")
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.resources, "Nodes")
        self.tabs.addTab(self.servers, "Servers found")
        self.wishes: dict[str, QSpinBox] = {}
        self.apply = QPushButton("Apply Strategy")
        self.apply.setObjectName("main")
        self.apply.setToolTip("Have the cell run as many replicas as wished")
        self.apply.clicked.connect(lambda _=False: self.state.apply(self.changed()))
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.models)
        parts.addWidget(self.tabs)
        frame, inside = card()
        head = row(self.verdict, self.refresh, self.apply)
        head.setStretch(0, 1)
        inside.addLayout(head)
        inside.addWidget(parts, 1)
        inside.addWidget(self.why)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        self._enable()

    def unsaved(self) -> str:
        """Numbers that were not applied."""
        return "the numbers of replicas" if self.changed() else ""

    def changed(self) -> dict[str, int]:
        """Model → how many are wished now, where that is not what the cell knows."""
        known = {one.model: one.desired for one in self.picture.deployments}
        return {name: box.value() for name, box in self.wishes.items() if box.value() != known.get(name, 0)}

    def show_picture(self, picture: CellPicture) -> None:
        """Show how the cell is; numbers that are being changed stay."""
        known = {one.model: one for one in picture.deployments}
        names = sorted(known.keys() | set(picture.stored))
        edited = {name: box.value() for name, box in self.wishes.items() if box.property("edited")}
        rows = [known.get(name) or Deployment(model=name, desired=0, current=0) for name in names]
        fill(self.models, [(one.model, str(one.current), "", _story(one)) for one in rows])
        self.wishes = {one.model: self._box(at, one, edited) for at, one in enumerate(rows)}
        self.resources.empty, self.servers.empty = ALONE, NO_SERVER
        self.resources.show_lines([_node(node) for node in picture.nodes])
        servers = found_servers(picture.nodes)
        self.servers.show_lines([_server(server) for server in servers])
        self.tabs.setTabText(1, f"Servers found ({len(servers)})")
        open_ends = [one.model for one in rows if not one.is_settled]
        settled = "all as wished" if not open_ends else f"on its way: {', '.join(open_ends)}"
        self.verdict.setText(f"{counted(len(rows), 'model')}, {settled}" if rows else NOTHING)
        why = [f"{one.model}: {reason}" for one in rows for reason in one.reasons]
        if why:
            self.why.tell("Not all can be had", "\n".join(line[:LONGEST] for line in why), ground="warn")
        self.why.setVisible(bool(why))
        self.clock.setInterval(SOON if open_ends else 30_000)
        self._enable()

    def _box(self, at: int, one: Deployment, edited: dict[str, int]) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, 1000)
        box.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.setAccessibleName(f"Desired replicas of {one.model}")
        value = edited.get(one.model, one.desired)
        box.setValue(value)
        box.setProperty("edited", value != one.desired)
        box.valueChanged.connect(lambda now: self._edited(box, now != one.desired))
        self.models.setCellWidget(at, DESIRED, box)
        return box

    def _edited(self, box: QSpinBox, is_other: bool) -> None:
        box.setProperty("edited", is_other)
        self._enable()

    def _enable(self) -> None:
        self.apply.setEnabled(bool(self.changed()))


def _story(one: Deployment) -> str:
    return ", ".join(map(_placement, one.placements))


def _placement(one: Placement) -> str:
    return f"{one.node} {one.state}{f' {one.progress:.0%}' if one.state == 'pulling' else ''}"


def _node(node: NodeRecord) -> Line:
    files = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in node.assets.items())
    memory = f"{node.memory / 1e9:,.1f} GB" if node.memory else "not told"
    cells = (node.name, node.address, node.state, f"{node.load:.0%}", memory, files or "none")
    return Line(node.name, cells, {2: "good" if node.state == "serving" else "warn"})


def _server(server: FoundServer) -> Line:
    models = ", ".join(name if state == "ready" else f"{name} ({state})" for name, state in server.models.items())
    cells = (server.kind, server.node, server.address or "not told", models, server.availability)
    return Line(f"{server.node} {server.kind} {server.address}", cells, {4: "good" if server.is_available else "warn"})
