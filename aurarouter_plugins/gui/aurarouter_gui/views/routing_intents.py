"""Intents: kinds of task, the built-in ones and your own, with their examples."""

from __future__ import annotations

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
from aurarouter_gui.views.parts import heading, label, row

NAME = Qt.ItemDataRole.UserRole
BUILT_IN = "It is built in or brought by a plugin. Write one of the same name yourself to replace it."
OWN = "One task of this kind on each line. A handful is enough to tell others like them."


class IntentsView(QWidget):
    """Intents at the left, the form of the selected one at the right."""

    def __init__(self, state: Routing) -> None:
        super().__init__()
        self._state = state
        self._shown: IntentDraft | None = None
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
        for field, name in (
            (self.name, "Name"),
            (self.role, "Role"),
            (self.description, "Description"),
            (self.synonyms, "Words"),
            (self.examples, "Examples"),
        ):
            field.setAccessibleName(name)
        for line in (self.name, self.description, self.synonyms):
            line.textChanged.connect(lambda _: self._enable())
        self.role.currentTextChanged.connect(lambda _: self._enable())
        self.examples.textChanged.connect(self._enable)
        self.new, self.drop = QPushButton("New intent"), QPushButton("Remove")
        self.new.clicked.connect(self.begin)
        self.drop.clicked.connect(self._remove)
        self.save = QPushButton("Save")
        self.save.setObjectName("main")
        self.save.clicked.connect(self._save)
        self._title, self._about = heading("Intent"), label(OWN, tone="muted")
        self._lay_out()
        self._enable()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(heading("Intents"))
        left.addWidget(self.list, 1)
        left.addLayout(row(self.new, self.drop, None))
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for name, field in (
            ("Name", self.name),
            ("Role", self.role),
            ("Description", self.description),
            ("Words", self.synonyms),
        ):
            form.addRow(label(name, tone="muted", wraps=False), field)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self._title)
        right.addLayout(form)
        right.addWidget(label("Examples", tone="muted", wraps=False))
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

    def changed(self) -> bool:
        """Something was written that is not saved."""
        return self.save.isEnabled()

    def show_intents(self, picture: Picture) -> None:
        """Show these; a form that is being written stays."""
        draft = self.draft
        if self.changed() and not any(draft.is_like(one) for one in picture.intents):
            return
        chosen = self._row.intent if self._row else draft.name
        self.list.blockSignals(True)
        self.list.clear()
        for one in picture.intents:
            about = [one.role or "role of the wording"]
            about += [f"{len(one.examples)} examples"] if one.examples else []
            about += [] if one.configured else ["built in"]
            item = QListWidgetItem(f"{one.intent}\n{' · '.join(about)}")
            item.setData(NAME, one.intent)
            self.list.addItem(item)
            if one.intent == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self.list.blockSignals(False)
        self.role.blockSignals(True)
        self.role.clear()
        self.role.addItems(list(picture.chains))
        self.role.blockSignals(False)
        self._choose()

    def _choose(self) -> None:
        one = self._row
        if one is not None:
            self._fill(one)

    def _fill(self, one: IntentRow) -> None:
        self._shown = None
        self._title.setText(one.intent)
        self.name.setText(one.intent)
        self.role.setCurrentIndex(self.role.findText(one.role))
        self.description.setText(one.description)
        self.synonyms.setText(", ".join(one.synonyms))
        self.examples.setPlainText("\n".join(one.examples))
        self._lock(named=True, all_else=not one.configured)
        needed = f" A task counts as one of them from a likeness of {one.threshold:.2f}." if one.threshold else ""
        self._about.setText(f"{OWN}{needed}" if one.configured else BUILT_IN)
        self._shown = self.draft
        self._enable()

    def _lock(self, *, named: bool, all_else: bool) -> None:
        self.name.setReadOnly(named)
        for field in (self.description, self.synonyms, self.examples):
            field.setReadOnly(all_else)
        self.role.setEnabled(not all_else)

    def begin(self) -> None:
        """An empty form."""
        self.list.setCurrentRow(-1)
        self._shown = None
        for field in (self.name, self.description, self.synonyms, self.examples):
            field.clear()
        self._title.setText("New intent")
        self._about.setText(OWN)
        self._lock(named=False, all_else=False)
        self.role.setCurrentIndex(0 if self.role.count() else -1)
        self._shown = self.draft
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._enable()

    def _enable(self) -> None:
        draft, one = self.draft, self._row
        self.drop.setEnabled(one is not None and one.configured)
        editable = self.role.isEnabled()
        self.save.setEnabled(editable and bool(draft.name and draft.role) and draft != self._shown)

    def _save(self) -> None:
        self._state.set_intent(self.draft)

    def _remove(self) -> None:
        one = self._row
        if one is not None:
            self._state.remove_intent(one.intent)
