"""The section of grid models: what the cell keeps and who has it; pushing a file to it, pulling or removing one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QPushButton, QVBoxLayout, QWidget

from aurarouter_auragrid.panels.cell_models import CellModels, Listeners
from aurarouter_auragrid.panels.cell_page import EVERY
from aurarouter_auragrid.storage.model_storage import GridModel
from aurarouter_core import Home, Router
from aurarouter_gui.state.transfer import Progress
from aurarouter_gui.state.words import trouble
from aurarouter_gui.views.log_table import Line, LogTable
from aurarouter_gui.views.parts import Notice, label, row
from aurarouter_gui.views.transfer_card import TransferCard

COLUMNS = ("Model", "Size", "SHA-256", "On nodes", "What it is")
SHORT = 12
"""Digits of a digest that are shown."""
ASK = "What will every node call the model?"
GOES = "The cell will keep '{}' no longer. Nodes that have its file keep theirs."
NOTHING = "The cell keeps no model, and no node has one of its own. Push a file to have all nodes get it."


class GridModelsView(QWidget):
    """Looks at the cell while it is shown. Emits `done` when a file has arrived, there or here."""

    done = Signal()

    def __init__(self, desk: Any, router: Callable[[], Awaitable[Router]]) -> None:
        super().__init__()
        self._desk = desk
        self._models: Sequence[GridModel] = ()
        self._stays = False  # the notice, until something else is asked for
        told = Listeners(
            listed=self._listed,
            progress=self._went_on,
            failed=self._failed,
            removed=self._removed,
            kept=self._kept,
        )
        self.state = CellModels(desk.link, router, told)
        self.notice = Notice()
        self.verdict = label("Looking at the cell …", tone="muted")
        self.table = LogTable(desk, COLUMNS, stretched=3)
        self.table.setAccessibleName("Models of the cell")
        self.table.chosen.connect(lambda _: self._enable())
        self.push, self.pull = QPushButton("Push file"), QPushButton("Pull")
        self.remove, self.refresh = QPushButton("Remove"), QPushButton("Refresh Now")
        self.push.setToolTip("Have the cell keep a GGUF file of this machine")
        self.pull.setToolTip("Bring the selected model to this machine")
        self.remove.setToolTip("Have the cell keep the selected model no longer")
        self.push.clicked.connect(lambda _=False: self._ask_file())
        self.pull.clicked.connect(lambda _=False: self.state.pull(self.table.key))
        self.remove.clicked.connect(lambda _=False: self._ask_removal(self.table.key))
        self.refresh.clicked.connect(lambda _=False: self._look_again())
        self.card = TransferCard(self.state.transfer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        head = row(self.verdict, self.push, self.pull, self.remove, self.refresh)
        head.setStretch(0, 1)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.card)
        self._clock = QTimer(self)
        self._clock.setInterval(EVERY)
        self._clock.timeout.connect(self.state.look)
        self._enable()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Look now, and again and again."""
        super().showEvent(event)
        self.state.look()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Stop looking."""
        self._clock.stop()
        super().hideEvent(event)

    @property
    def chosen(self) -> GridModel | None:
        """The model that is selected."""
        return next((one for one in self._models if one.model_id == self.table.key), None)

    def _look_again(self) -> None:
        self._stays = False
        self.state.look()

    def _ask_file(self) -> None:
        folder = Home.of().models
        start = str(folder) if folder.is_dir() else ""
        path, _ = QFileDialog.getOpenFileName(self, "Push a model file", start, "GGUF files (*.gguf);;All files (*)")
        if path:
            name, agreed = QInputDialog.getText(self, "Push a model file", ASK, text=Path(path).stem)
            if agreed and name.strip():
                self.state.push(Path(path), name.strip())

    def _ask_removal(self, name: str) -> None:
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel
        answer = QMessageBox.question(
            self, "Remove a model of the cell", GOES.format(name), buttons, QMessageBox.StandardButton.Cancel
        )
        if answer == QMessageBox.StandardButton.Yes:
            self._stays = False
            self.remove.setEnabled(False)
            self.state.remove(name)

    def _removed(self, name: str) -> None:
        self._desk.say(f"'{name}' is no longer in the cell")

    def _kept(self, error: BaseException) -> None:
        self._stays = True
        self._failed(error)

    def _listed(self, models: Sequence[GridModel]) -> None:
        self.notice.setVisible(self._stays)
        self._models = models
        self.table.show_lines([_line(one) for one in models])
        kept = [one.stored for one in models if one.stored is not None]
        size = sum(one.size for one in kept) / 1e6
        many = f"{len(kept)} {'model' if len(kept) == 1 else 'models'}"
        self.verdict.setText(f"The cell keeps {many}, {size:,.1f} MB" if models else NOTHING)
        self._enable()

    def _went_on(self, progress: Progress) -> None:
        self.card.show_progress(progress)
        self._enable()
        if progress.state == "done":
            self._desk.say(progress.words)
            self.done.emit()

    def _failed(self, error: BaseException) -> None:
        self.notice.trouble(trouble(error))
        self.verdict.setText("What is below is as it was" if self._models else "")
        self._enable()

    def _enable(self) -> None:
        one, running = self.chosen, self.state.transfer.running
        self.push.setEnabled(not running)
        kept = None if running or one is None else one.stored
        self.pull.setEnabled(kept is not None and kept.complete)
        self.remove.setEnabled(kept is not None)


def _line(model: GridModel) -> Line:
    stored, nodes = model.stored, ", ".join(model.nodes) or "none"
    if stored is None:
        sizes = {f"{size / 1e6:,.1f} MB" for size in model.nodes.values()}
        return Line(model.model_id, (model.model_id, ", ".join(sorted(sizes)), "not in the cell", nodes, ""))
    size = f"{stored.size / 1e6:,.1f} MB"
    parts = ("" if stored.complete else "being pushed", stored.architecture, stored.quantisation)
    cells = (model.model_id, size, stored.sha256[:SHORT], nodes, ", ".join(filter(None, parts)))
    return Line(model.model_id, cells, {} if stored.complete else {4: "warn"})
