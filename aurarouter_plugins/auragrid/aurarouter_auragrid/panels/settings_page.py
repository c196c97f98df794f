"""The panel Configuration where a cell is shown: what all of its nodes lay over their own files."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QListWidget, QMessageBox, QPushButton, QVBoxLayout

from aurarouter_auragrid.configuration import NodeAnswer, Outcome, Version
from aurarouter_auragrid.panels.cell_settings import CellSettings, Listeners
from aurarouter_gui.state.words import sentence, trouble
from aurarouter_gui.views.configuration_text import TextEditor
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card, label, row

WARNING = "This configuration change will propagate to all nodes on your AuraGrid cell. Proceed?"
BANNER = "What is saved here goes to all nodes of the cell"
BESIDE = "It lies over each node's own file, and below its environment. The file of this machine stays as it is."
NONE_YET = "The cell says nothing yet, so each node goes by its own file. Write here what all of them should go by."
STEPS = {"check": "can honour it", "apply": "works with it", "restore": "works as before"}
MARKS = {"ok": "✓", "refused": "✗", "silent": "?"}


class SettingsPage(PanelView):
    """Nothing is sent before the question is answered with yes."""

    HELP = """\
## Configuration of the cell

The settings that all nodes lay over their own files. **Save** asks first; then every node checks the change, and all
of them work with it, or none does. What each node says is shown as it comes. The file of this machine is never
written here; choose the environment *Local* for that.
"""

    def __init__(self, desk: Any) -> None:
        super().__init__()
        self.desk = desk
        told = Listeners(opened=self._opened, answered=self._answered, ended=self._ended, failed=self._failed)
        self.state = CellSettings(desk.link, told)
        self.banner, self.notice = Notice(), Notice()
        self.banner.tell(BANNER, BESIDE, ground="warn")
        self.text = TextEditor(desk)
        self.text.setAccessibleName("Text of the cell's configuration")
        self.text.setPlaceholderText(NONE_YET)
        self.text.textChanged.connect(self._enable)
        self.version = label("Asking the cell …", tone="muted")
        self.answers = QListWidget()
        self.answers.setAccessibleName("What the nodes say")
        self.answers.setMaximumHeight(140)
        self.answers.hide()
        self.reload, self.save = QPushButton("Reload"), QPushButton("Save")
        self.save.setObjectName("main")
        self.save.setShortcut("Ctrl+S")
        self.reload.clicked.connect(lambda _=False: self.state.load())
        self.save.clicked.connect(lambda _=False: self.ask())
        frame, inside = card()
        inside.addWidget(self.text, 1)
        inside.addWidget(self.answers)
        foot = row(self.version, self.reload, self.save)
        foot.setStretch(0, 1)
        inside.addLayout(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        for part in (self.banner, self.notice, frame):
            layout.addWidget(part)
        layout.setStretch(2, 1)
        self._enable()

    def arrive(self) -> None:
        """Look whether somebody else has changed it."""
        if not self.unsaved():
            self.state.load()

    def unsaved(self) -> str:
        """What was edited here."""
        return "the cell's configuration" if self.text.toPlainText() != self.state.text else ""

    def ask(self) -> None:
        """Warn, and propose the text to the cell when that is agreed to."""
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No
        answer = QMessageBox.warning(self, "All nodes of the cell", WARNING, buttons, QMessageBox.StandardButton.No)
        if answer == QMessageBox.StandardButton.Yes:
            self.notice.hide()
            self.answers.clear()
            self.answers.show()
            self.state.save(self.text.toPlainText())
            self._enable()

    def _opened(self, version: Version) -> None:
        self.notice.hide()
        self._show(version)

    def _show(self, version: Version) -> None:
        self.text.replace(self.state.text)
        who = f", by {version.who}" if version.who else ""
        self.version.setText(f"Version {version.number}, {version.state}{who}")
        self._enable()

    def _answered(self, answer: NodeAnswer) -> None:
        words = STEPS[answer.step] if answer.state == "ok" else sentence(answer.reason)
        for line in (words, *answer.warnings):
            self.answers.addItem(f"{MARKS[answer.state]}  {answer.node}: {line}")

    def _ended(self, outcome: Outcome) -> None:
        if outcome.success:
            self._show(outcome.version)
            self.notice.tell(f"Version {outcome.version.number} is {outcome.state}", ground="good")
        else:
            title = f"The change was {outcome.state}; the cell works as before"
            self.notice.tell(title, sentence(outcome.reason), ground="bad")
        self._enable()

    def _failed(self, error: BaseException) -> None:
        self.notice.trouble(trouble(error))
        self._enable()

    def _enable(self) -> None:
        there = self.state.version is not None and not self.state.busy
        self.save.setEnabled(there and bool(self.unsaved()))
        self.reload.setEnabled(not self.state.busy)
