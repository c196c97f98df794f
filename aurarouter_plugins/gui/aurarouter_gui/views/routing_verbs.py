"""Verbs: what people call the work of a role."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aurarouter_gui.state.routing import Picture, Routing
from aurarouter_gui.views.parts import heading, label, row
from aurarouter_gui.views.prose import Prose

NAME = Qt.ItemDataRole.UserRole
ABOUT = "Words that make a task likelier to get this role, one on each line; up to four words make one entry."
EMPTY = "No role is configured. Make one under Roles; then words can lead to it."


class VerbsView(QWidget):
    """Roles at the left, the words of the selected one at the right. What is written stays until it is saved."""

    def __init__(self, state: Routing) -> None:
        super().__init__()
        self._state = state
        self._drafts: dict[str, str] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Roles")
        self.list.currentRowChanged.connect(lambda _: self._show_words())
        self._title = Prose("Words", look="bold")
        self._about = label(ABOUT, tone="muted")
        self.words = QPlainTextEdit()
        self.words.setAccessibleName("Words")
        self.words.setPlaceholderText("No words yet. For coding they may be:\nrefactor\nunit test")
        self.words.setTabChangesFocus(True)
        self.words.textChanged.connect(self._edited)
        self.save = QPushButton("Save")
        self.save.setObjectName("main")
        self.save.clicked.connect(self._save)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(heading("Roles"))
        left.addWidget(self.list, 1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._title)
        right.addWidget(self._about)
        right.addWidget(self.words, 1)
        right.addLayout(row(None, self.save))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(16)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)
        self._edited()

    @property
    def role(self) -> str:
        """The role that is selected."""
        item = self.list.currentItem()
        return str(item.data(NAME)) if item is not None else ""

    def show_verbs(self, picture: Picture) -> None:
        """Show the words of each role; those that are being written stay."""
        chosen, self._drafts = self.role, {role: words for role, words in self._drafts.items() if self._differs(role)}
        self.list.blockSignals(True)
        self.list.clear()
        for role in {**picture.chains, **picture.verbs, **self._drafts}:
            words = picture.verbs.get(role, ())
            item = QListWidgetItem(f"{role}\n{', '.join(words) or 'no words of your own'}")
            item.setData(NAME, role)
            self.list.addItem(item)
            if role == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        self._about.setText(ABOUT if self.list.count() else EMPTY)
        self._show_words()

    def _differs(self, role: str) -> bool:
        return _meant(self._drafts[role]) != tuple(self._state.picture.verbs.get(role, ()))

    def _show_words(self) -> None:
        saved = "\n".join(self._state.picture.verbs.get(self.role, ()))
        text = self._drafts.get(self.role, saved)
        if text != self.words.toPlainText():  # else the cursor would go back to the start
            self.words.setPlainText(text)
        self._title.setText(f"Words for {self.role}" if self.role else "Words")
        self._edited()

    def _edited(self) -> None:
        """Keep what was written for this role, until it is saved or is what is saved already."""
        role = self.role
        self._drafts[role] = self.words.toPlainText()
        if not role or not self._differs(role):
            del self._drafts[role]
        self._state.writing("semantic_verbs", self._drafts)
        self.words.setEnabled(bool(role))
        self.save.setEnabled(role in self._drafts)

    @property
    def changed(self) -> Sequence[str]:
        """Roles for which words were written that are not saved."""
        return list(self._drafts)

    def _save(self) -> None:
        self._state.set_verbs(self.role, _meant(self.words.toPlainText()))


def _meant(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line))
