"""The list of models, the details of the selected one below it, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QInputDialog,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aurarouter_gui.state.model_row import ModelRow
from aurarouter_gui.state.model_test import ModelTest, Outcome
from aurarouter_gui.state.models import Models
from aurarouter_gui.state.words import sentence
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.model_dialog import ModelDialog
from aurarouter_gui.views.parts import Notice, label, row
from aurarouter_gui.views.prose import Prose
from aurarouter_gui.views.tables import fill, table

COLUMNS = ("Model", "Provider", "Runs", "State", "Roles", "Tags")
EMPTY = (
    "No model is configured, so nothing can be answered. Add one that runs somewhere, or get a file for this machine."
)
PART = re.compile(r"-\d{5}-of-\d{5}$")
TONES = {"healthy": "good", "cold": "good", "loading": "warn", "half_open": "warn", "unknown": "muted"}


class ModelsListView(QWidget):
    """Acts on the model that is selected."""

    wants_more = Signal()

    def __init__(self, desk: Desk, state: Models, test: ModelTest) -> None:
        super().__init__()
        self._desk = desk
        self._state = state
        self._test = test
        self._outcome: Outcome | None = None
        self.table = table(COLUMNS, stretched=4)
        self.table.setAccessibleName("Models")
        self.table.currentCellChanged.connect(lambda *_: self._choose())
        self.table.itemDoubleClicked.connect(lambda _: self.edit())
        self._empty = label(EMPTY, tone="muted")
        self._title, self._facts, self._health = Prose(look="bold"), Prose(tone="muted"), Notice()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.result = Notice()
        self.add, self.bring, self.more = QPushButton("Add"), QPushButton("Import file"), QPushButton("Get models")
        self.edit_button, self.test_button = QPushButton("Edit"), QPushButton("Test")
        self.drop = QPushButton("Remove")
        self.more.clicked.connect(lambda _=False: self.wants_more.emit())
        for button, act, tip in (
            (self.add, self.new, "A model that runs somewhere: an API, a server, a file"),
            (self.bring, self._ask_file, "Make a GGUF file of this machine a model"),
            (self.edit_button, self.edit, "Change the selected model"),
            (self.test_button, self.try_out, "Ask the selected model for one word; this can cost money"),
            (self.drop, self._ask_remove, "Take the selected model out of the configuration"),
        ):
            self._connect(button, act, tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addLayout(row(self.add, self.bring, self.more, None, self.test_button, self.edit_button, self.drop))
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        for part in (self._title, self._facts, self.bar, self._health, self.result):
            layout.addWidget(part)
        self._choose()
        self._empty.hide()

    @staticmethod
    def _connect(button: QPushButton, act: Callable[[], object], tip: str) -> None:
        button.setToolTip(tip)
        button.clicked.connect(lambda _=False: act())

    @property
    def chosen(self) -> ModelRow | None:
        """The model that is selected."""
        item = self.table.item(self.table.currentRow(), 0)
        return self._state.row(item.text()) if item is not None else None

    @property
    def writes(self) -> bool:
        """A form is open in which something was written."""
        return any(form.isVisible() and form.changed for form in self.findChildren(ModelDialog))

    def show_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show these; the selection stays."""
        before = self.chosen.name if self.chosen else ""
        self.table.blockSignals(True)
        cells = [
            (
                one.name,
                one.model.provider,
                one.place,
                one.state,
                ", ".join(one.roles),
                ", ".join(sorted(one.model.tags)),
            )
            for one in rows
        ]
        fill(self.table, cells, [{3: QColor(self._colour(one))} for one in rows])
        names = [one.name for one in rows]
        self.table.setCurrentCell(names.index(before) if before in names else 0 if names else -1, 0)
        self.table.blockSignals(False)
        self._empty.setVisible(not rows)
        self._choose()

    def _colour(self, one: ModelRow) -> str:
        tone = "muted" if one.health is None else TONES.get(one.health.state, "bad")
        return str(getattr(self._desk.colours, tone))

    def _choose(self) -> None:
        one = self.chosen
        for part in (self._title, self._facts):
            part.setVisible(one is not None)
        loading = one is not None and one.health is not None and one.health.state == "loading"
        self.bar.setVisible(loading)
        self._health.hide()
        if one is not None:
            self._title.setText(one.name)
            self._facts.setText(_facts(one))
            health = one.health
            if health is not None and loading:
                self.bar.setRange(0, 1000 if health.progress is not None else 0)
                self.bar.setValue(round((health.progress or 0) * 1000))
            if health is not None and (health.detail or health.hint):
                usable = TONES.get(health.state, "bad") != "bad"
                self._health.tell(sentence(health.detail) or one.state, health.hint, ground="none" if usable else "bad")
        self._show_outcome()
        self.enable()

    def enable(self) -> None:
        """What can be done now."""
        there = self.chosen is not None
        for button in (self.edit_button, self.drop):
            button.setEnabled(there and not self._state.busy)
        self.test_button.setEnabled(there and not self._test.running)

    def show_test(self, outcome: Outcome) -> None:
        """Show how a test stands."""
        self._outcome = outcome
        self._show_outcome()
        self.enable()

    def _show_outcome(self) -> None:
        outcome, one = self._outcome, self.chosen
        if outcome is None or one is None or outcome.model != one.name:
            self.result.hide()
        elif outcome.state == "running":
            self.result.tell("Testing …  (Esc stops)", outcome.progress)
        elif outcome.trouble is not None:
            self.result.trouble(outcome.trouble)
        else:
            self.result.tell("It answered", outcome.text or "(no text)", outcome.about, ground="good")

    # What the user does

    def new(self) -> None:
        """The form of a new model."""
        ModelDialog(self, self._state, None).open()

    def edit(self) -> None:
        """The form of the selected model."""
        if self.chosen is not None:
            ModelDialog(self, self._state, self.chosen.name).open()

    def try_out(self) -> None:
        """Test the selected model."""
        if self.chosen is not None:
            self._test.begin(self.chosen.name)

    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Import a model file", "", "GGUF files (*.gguf);;All files (*)")
        if path:
            meant = PART.sub("", Path(path).stem)
            name, agreed = QInputDialog.getText(self, "Import a model file", "What is the model called?", text=meant)
            if agreed and name.strip():
                self._state.import_file(Path(path), name.strip())

    def _ask_remove(self) -> None:
        one = self.chosen
        if one is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle("Remove model")
        roles = f" It is taken out of {', '.join(one.roles)} too." if one.roles else ""
        box.setText(f"Take '{one.name}' out of the configuration?{roles}")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        file = QCheckBox("Delete its file too", box)
        if one.asset is not None and one.asset.downloaded:
            box.setCheckBox(file)
        box.finished.connect(box.deleteLater)
        yes = QMessageBox.StandardButton.Yes.value
        box.finished.connect(
            lambda answer: self._state.remove(one.name, delete_file=file.isChecked()) if answer == yes else None
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        box.open()


def _facts(one: ModelRow) -> str:
    model, asset = one.model, one.asset
    lines = [f"Its name there: {model.model_name}"] if model.model_name else []
    lines += [f"Runs at {one.address}"] if one.address else []
    lines += [f"Context of {model.capabilities.context_length:,} tokens"] if model.capabilities.context_length else []
    if asset is not None:
        size = f"{asset.size_bytes / 1e6:,.0f} MB" if asset.size_bytes else ""
        facts = filter(None, (size, asset.architecture, asset.quantisation))
        lines.append(f"{asset.path} ({', '.join(facts) or 'not here yet'})")
    if model.price is not None and (model.price.input or model.price.output):
        lines.append(f"{model.price.input:g} in, {model.price.output:g} out USD per million tokens")
    lines += ["No role names it, so it is only asked by name"] if not one.roles else []
    return "\n".join(lines)
