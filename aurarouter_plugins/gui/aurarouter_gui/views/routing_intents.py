"""Intents: kinds of task, the built-in ones and your own, with their examples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aurarouter_core import IntentRow
from aurarouter_gui.state.routing import IntentDraft, Picture, Routing
from aurarouter_gui.state.words import counted
from aurarouter_gui.views.parts import caption, heading, label, naming, row
from aurarouter_gui.views.prose import Prose

NEW = ""
"""Stands for the one that has no name yet."""
NAME = Qt.ItemDataRole.UserRole
BUILT_IN = "It is built in or brought by a plugin. Write one of the same name yourself to replace it."
OWN = "One task of this kind on each line. A handful is enough to tell others like them."


class IntentsView(QWidget):
    """Intents at the left, the form of the selected one at the right. What is written stays until it is saved."""

    def __init__(self, state: Routing) -> None:
        super().__init__()
        self._state = state
        self._shown: IntentDraft | None = None
        self._subject = NEW
        self._drafts: dict[str, IntentDraft] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Intents")
        self.list.currentRowChanged.connect(lambda _: self._choose())
        self.name, self.description, self.synonyms = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setPlaceholderText("REFUND")
        self.description.setPlaceholderText("Somebody wants their money back")
        self.synonyms.setPlaceholderText("refund, money back")
        self.role = QComboBox()
        self.examples = QPlainTextEdit()
        self.examples.setTabChangesFocus(True)
        for line in (self.name, self.description, self.synonyms):
            line.textChanged.connect(lambda _: self._edited())
        self.role.currentTextChanged.connect(lambda _: self._edited())
        self.examples.textChanged.connect(self._edited)
        self.new, self.drop = QPushButton("New intent"), QPushButton("Remove")
        self.new.clicked.connect(self.begin)
        self.drop.clicked.connect(self._remove)
        self.save = QPushButton("Save")
        self.save.setObjectName("main")
        self.save.clicked.connect(self._save)
        self._title, self._about = Prose("Intent", look="bold"), label(OWN, tone="muted")
        self._lay_out()
        self._fill(NEW)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(heading("Intents"))
        left.addWidget(self.list, 1)
        left.addLayout(row(self.new, self.drop, None))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        for name, field in (
            ("Name", self.name),
            ("Role", self.role),
            ("Description", self.description),
            ("Words", self.synonyms),
        ):
            form.addRow(caption(name, field), field)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._title)
        right.addLayout(form)
        right.addWidget(naming("Examples", self.examples))
        right.addWidget(self.examples, 1)
        right.addWidget(self._about)
        right.addLayout(row(None, self.save))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(16)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)

    @property
    def _row(self) -> IntentRow | None:
        item = self.list.currentItem()
        name = item.data(NAME) if item is not None else None
        return next((one for one in self._state.picture.intents if one.intent == name), None)

    @property
    def draft(self) -> IntentDraft:
        """The form as it stands."""
        lines = (line.strip() for line in self.examples.toPlainText().splitlines())
        words = (word.strip() for word in self.synonyms.text().split(","))
        return IntentDraft(
            name=self.name.text().strip(),
            role=self.role.currentText(),
            description=self.description.text().strip(),
            examples=tuple(dict.fromkeys(filter(None, lines))),
            synonyms=tuple(dict.fromkeys(filter(None, words))),
        )

    @property
    def changed(self) -> Sequence[str]:
        """Intents that were written and are not saved."""
        return list(self._drafts)

    def show_intents(self, picture: Picture) -> None:
        """Show these; what is being written stays."""
        rows = {one.intent: one for one in picture.intents}
        for name, draft in list(self._drafts.items()):
            if draft.name in rows and draft.is_like(rows[draft.name]):  # it was saved
                del self._drafts[name]
                self._subject = draft.name if name == self._subject else self._subject
        self.list.blockSignals(True)
        self.list.clear()
        for name in {**rows, **self._drafts}:
            if name != NEW:
                item = QListWidgetItem(f"{name}\n{_about(rows.get(name))}")
                item.setData(NAME, name)
                self.list.addItem(item)
                if name == self._subject:
                    self.list.setCurrentItem(item)
        writes = self._subject in self._drafts
        if self.list.currentRow() < 0 and self.list.count() and not writes:
            self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        role = self.role.currentText()
        self.role.blockSignals(True)
        self.role.clear()
        self.role.addItems(list(picture.chains))
        self.role.setCurrentIndex(self.role.findText(role))
        self.role.blockSignals(False)
        if writes:
            self._edited()
        else:
            self._choose()

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._fill(str(item.data(NAME)))

    def _fill(self, name: str) -> None:
        """Show what is saved of an intent, or what was written in its place."""
        kept, one = self._drafts.get(name), self._row
        self._subject, self._shown = name, None
        self._title.setText(name or "New intent")
        self._lock(named=name != NEW, all_else=one is not None and not one.configured)
        needed = (
            f" A task counts as one of them from a likeness of {one.threshold:.2f}." if one and one.threshold else ""
        )
        self._about.setText(BUILT_IN if one and not one.configured else f"{OWN}{needed}")
        if one is not None:
            self._put(one.intent, one.role, one.description, one.synonyms, one.examples)
        else:
            self._put(name, self.role.itemText(0) if name == NEW else "", "", (), ())
        shown = self.draft
        if kept is not None:
            self._put(kept.name, kept.role, kept.description, kept.synonyms, kept.examples)
        self._shown = shown
        self._edited()

    def _put(self, name: str, role: str, about: str, synonyms: Iterable[str], examples: Iterable[str]) -> None:
        self.name.setText(name)
        self.role.setCurrentIndex(self.role.findText(role))
        self.description.setText(about)
        self.synonyms.setText(", ".join(synonyms))
        self.examples.setPlainText("\n".join(examples))

    def _lock(self, *, named: bool, all_else: bool) -> None:
        self.name.setReadOnly(named)
        for field in (self.description, self.synonyms, self.examples):
            field.setReadOnly(all_else)
        self.role.setEnabled(not all_else)

    def begin(self) -> None:
        """The form of a new one: empty, or as it was left."""
        self.list.setCurrentRow(-1)
        self._fill(NEW)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _edited(self) -> None:
        """Keep what was written, unless it is what is saved already."""
        if self._shown is None:
            return  # the form is being filled
        draft, one = self.draft, self._row
        self._drafts[self._subject] = draft
        if draft == self._shown:
            del self._drafts[self._subject]
        self._state.writing("intents", {draft.name for draft in self._drafts.values()})
        self.drop.setEnabled(one is not None and one.configured)
        self.save.setEnabled(draft != self._shown and bool(draft.name and draft.role))

    def _save(self) -> None:
        self._state.set_intent(self.draft)

    def _remove(self) -> None:
        one = self._row
        if one is not None:
            self._drafts.pop(one.intent, None)
            self._state.remove_intent(one.intent)


def _about(one: IntentRow | None) -> str:
    if one is None:
        return "not saved"
    about = [one.role or "role of the wording"]
    about += [counted(len(one.examples), "example")] if one.examples else []
    about += [] if one.configured else ["built in"]
    return " · ".join(about)
