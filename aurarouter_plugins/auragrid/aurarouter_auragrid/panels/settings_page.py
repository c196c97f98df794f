"""The panel Configuration where a cell is shown: what all of its nodes lay over their own files."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QListWidget, QMessageBox, QPushButton, QVBoxLayout

from aurarouter_auragrid.configuration import NodeAnswer, Outcome, Version
from aurarouter_auragrid.panels.cell_settings import CellSettings, Listeners, WayBack
from aurarouter_gui.state.monitor_parts import moment
from aurarouter_gui.state.words import sentence, trouble
from aurarouter_gui.views.configuration_text import TextEditor
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card, label, row

WARNING = "This configuration change will propagate to all nodes on your AuraGrid cell. Proceed?"
BANNER = "What is saved here goes to all nodes of the cell"
BESIDE = "It lies over each node's own file, and below its environment. The file of this machine stays as it is."
NONE_YET = "The cell says nothing yet, so each node goes by its own file. Write here what all of them should go by."
NOTHING_BEFORE = "There is nothing to go back to: the cell has said nothing else before"
MOST_SHOWN = 12
"""Changes that the question lists."""
STEPS = {"check": "can honour it", "apply": "works with it", "restore": "works as before"}
MARKS = {"ok": "✓", "refused": "✗", "silent": "?"}


class SettingsPage(PanelView):
    """Nothing is sent before the question is answered with yes."""

    HELP = """\
## Configuration of the cell

The settings that all nodes lay over their own files. **Save** asks first; then every node checks the change, and all
of them work with it, or none does. What each node says is shown as it comes. **Rollback** shows what the version before
said otherwise, asks the same, and goes back to it in the same way. The file of this machine is never written here;
choose the environment *Local* for that.
"""

    def __init__(self, desk: Any) -> None:
        super().__init__()
        self.desk = desk
        told = Listeners(
            opened=self._opened, back=self._back, answered=self._answered, ended=self._ended, failed=self._failed
        )
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
        self.rollback, self.reload, self.save = QPushButton("Rollback"), QPushButton("Reload"), QPushButton("Save")
        self.rollback.setToolTip("Have all nodes work with the settings before these")
        self.save.setObjectName("main")
        self.save.setShortcut("Ctrl+S")
        self.rollback.clicked.connect(lambda _=False: self._look_back())
        self.reload.clicked.connect(lambda _=False: self.state.load())
        self.save.clicked.connect(lambda _=False: self.ask())
        frame, inside = card()
        inside.addWidget(self.text, 1)
        inside.addWidget(self.answers)
        foot = row(self.version, self.rollback, self.reload, self.save)
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
        if self._agreed(WARNING):
            self.state.save(self.text.toPlainText())
            self._enable()

    def _look_back(self) -> None:
        self.state.look_back()
        self._enable()

    def _back(self, way: WayBack | None) -> None:
        """Say what the cell would go back to, and go there when that is agreed to."""
        if way is None:
            self.notice.tell(NOTHING_BEFORE, ground="warn")
        elif self._agreed(f"{_told(way)}\n\n{WARNING}"):
            self.state.go_back(way)
        self._enable()

    def _agreed(self, question: str) -> bool:
        """Whether the user says yes; then what the nodes say is shown from now on."""
        buttons = QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No
        answer = QMessageBox.warning(self, "All nodes of the cell", question, buttons, QMessageBox.StandardButton.No)
        if answer != QMessageBox.StandardButton.Yes:
            return False
        self.notice.hide()
        self.answers.clear()
        self.answers.show()
        return True

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
        if self.state.version is None:
            self.version.setText("")
        self._enable()

    def _enable(self) -> None:
        there = self.state.version is not None and not self.state.busy
        self.save.setEnabled(there and bool(self.unsaved()))
        self.rollback.setEnabled(there and not self.unsaved())
        self.reload.setEnabled(not self.state.busy)


def _told(way: WayBack) -> str:
    """What going this way means, for people."""
    whose = f" by {way.to.who}, {moment(way.to.at)}" if way.to.number else ": the cell says nothing"
    lines = [f"    {change}" for change in way.changes[:MOST_SHOWN]]
    if len(way.changes) > MOST_SHOWN:
        lines.append(f"    … and {len(way.changes) - MOST_SHOWN} more")
    return "\n".join([f"Back to version {way.to.number}{whose}", *lines])
