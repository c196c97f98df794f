"""The configuration panel: a form and the text of the same draft, what is wrong with it, and saving it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPushButton, QTabWidget, QVBoxLayout, QWidget

from aurarouter_core import Amendment
from aurarouter_gui.state.configuration import Configuration, Listeners, View
from aurarouter_gui.state.words import Trouble, counted, sentence
from aurarouter_gui.views.configuration_diff import DiffDialog
from aurarouter_gui.views.configuration_form import FormView
from aurarouter_gui.views.configuration_text import TextEditor
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.lists import break_lines
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card, label, row
from aurarouter_hooks import Problem

LINE = Qt.ItemDataRole.UserRole
FINE = "No problems"
MOST_SHOWN = 5


class ConfigurationView(PanelView):
    """Everything that is done here ends in one text, which is compared with the file before it is written."""

    HELP = """\
## Configuration

**Settings** lists every setting with its value and where that comes from: a line of the file, a variable, a plugin,
or the default. Select one to read what it is for, and to change it. **Text** is the file itself; comments and order
are kept; entries that are new are written here. Both show the same draft: nothing is written before you save, and
**Save** shows what would change first.

Problems are shown below while you type; click one to go to its line. Keys and tokens never show: something like
`"****1"` stands in their place and can be moved like any text. **Undo save** writes what stood in the file before.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        told = Listeners(opened=self._opened, seen=self._seen, saved=self._saved, trouble=self._troubled)
        self.state = Configuration(desk.link, told)
        self.form = FormView(self.state)
        self.form.edited.connect(self._enable)
        self.text = TextEditor(desk)
        self.text.textChanged.connect(self._written)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.form, "Settings")
        self._page = QWidget()
        around = QVBoxLayout(self._page)
        around.setContentsMargins(12, 12, 12, 12)
        around.addWidget(self.text)
        self.tabs.addTab(self._page, "Text")
        self.notice = Notice()
        self._file = label(tone="muted")
        self._verdict = label()
        self.problems = QListWidget()
        self.problems.setAccessibleName("Problems")
        break_lines(self.problems)
        self.problems.itemClicked.connect(self._go)
        self.problems.itemActivated.connect(self._go)
        self.reload, self.undo = QPushButton("Reload"), QPushButton("Undo save")
        self.discard, self.save = QPushButton("Discard"), QPushButton("Save")
        self.save.setObjectName("main")
        for button, act, tip in (
            (self.reload, self.state.load, "Read the file again"),
            (self.undo, self.state.undo, "Write what stood in the file before it was last saved here"),
            (self.discard, self._discard, "Everything as it stands in the file"),
            (self.save, self.ask, "Show what would change, then write it  (Ctrl+S)"),
        ):
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, do=act: do())
        self.save.setShortcut("Ctrl+S")
        self._lay_out()
        desk.reloaded.connect(self.state.follow)
        self.state.load()
        self._enable()

    def _lay_out(self) -> None:
        frame, inside = card(margin=0)
        inside.addWidget(self.tabs)
        foot, below = card(spacing=6)
        below.addWidget(self._verdict)
        below.addWidget(self.problems)
        buttons = row(self._file, self.undo, self.reload, self.discard, self.save)
        buttons.setStretch(0, 1)
        below.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        layout.addWidget(foot)

    def arrive(self) -> None:
        """Look whether the file was changed elsewhere."""
        self.state.follow()

    def unsaved(self) -> str:
        """What was edited here."""
        lost = ["the configuration"] if self.state.changed else []
        lost += [f"what was typed for {', '.join(self.form.changed)}"] if self.form.changed else []
        return " and ".join(lost)

    # What the user does

    def _written(self) -> None:
        text = self.text.toPlainText()
        if text != self.state.text:
            self.notice.hide()
            self.state.write(text)
            self._enable()

    def ask(self) -> None:
        """Show what saving would change; saves when that is agreed to."""
        if self.state.changed:
            DiffDialog(self, self.desk, self.state).open()

    def _discard(self) -> None:
        self.form.give_up()
        self.state.discard()

    def _go(self, item: QListWidgetItem) -> None:
        line = item.data(LINE)
        if line:
            self.tabs.setCurrentWidget(self._page)
            self.text.go_to(int(line))

    # What is told

    def _opened(self, text: str) -> None:
        self.notice.hide()
        self.text.replace(text)
        draft = self.state.draft
        if draft is not None:
            there = draft.text or draft.file.exists()
            self._file.setText(str(draft.file) if there else f"{draft.file} (not there yet)")
        self._enable()

    def _seen(self, view: View) -> None:
        self.form.show_settings(view)
        self.text.mark({problem.line for problem in view.problems if problem.line})
        self.problems.clear()
        for mark, problems in (("✗", view.problems), ("•", view.warnings)):
            for problem in problems:
                item = QListWidgetItem(f"{mark}  {_words(problem)}")
                item.setData(LINE, problem.line)
                self.problems.addItem(item)
        count = len(view.problems)
        notes = f", {counted(len(view.warnings), 'note')}" if view.warnings else ""
        self._verdict.setText((counted(count, "problem") if count else FINE) + notes)
        shown = min(self.problems.count(), MOST_SHOWN)
        self.problems.setVisible(shown > 0)
        high = sum(self.problems.sizeHintForRow(at) for at in range(shown)) + 8
        self.problems.setFixedHeight(max(high, 24))
        self._enable()

    def _saved(self, done: Amendment) -> None:
        self.notice.hide()
        if done.warnings:
            self.notice.tell(f"Saved to {done.file}", "", "\n".join(done.warnings), ground="warn")
        else:
            self.desk.say(f"Saved to {done.file}")
        self.desk.reloaded.emit()
        self._enable()

    def _troubled(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)
        self._enable()

    def _enable(self) -> None:
        changed, busy = self.state.changed, self.state.busy
        self.discard.setEnabled(changed or bool(self.form.changed))
        self.save.setEnabled(changed and not busy)
        self.undo.setEnabled(self.state.can_undo and not changed and not busy)
        self.reload.setEnabled(not changed and not busy)


def _words(problem: Problem) -> str:
    place = f"line {problem.line}: " if problem.line else ""
    path = f"{'.'.join(problem.path)}: " if problem.path else ""
    return f"{place}{path}{sentence(problem.what)}"
