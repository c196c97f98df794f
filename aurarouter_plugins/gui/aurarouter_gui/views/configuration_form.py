"""Every setting in a tree, with its value and origin; the selected one can be read about and changed below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from aurarouter_core import InForce
from aurarouter_gui.state.configuration import Configuration, View
from aurarouter_gui.views.parts import label, nameless, row
from aurarouter_gui.views.prose import Prose

SETTING = Qt.ItemDataRole.UserRole
ORIGINS = {"default": "default", "defaults": "built in", "environment": "variable", "flags": "command line"}
FIND = "Find a setting"
HIDES = "****"
HIDDEN = "a secret: write ${key.NAME} or ${env.NAME} to replace it"


class FormView(QWidget):
    """Works on the draft of the panel. A value that is typed stays with its setting until it is set or given up."""

    edited = Signal()

    def __init__(self, state: Configuration) -> None:
        super().__init__()
        self._state = state
        self._fresh = True
        self._typed: dict[tuple[str, ...], str] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText(FIND)
        self.search.setAccessibleName(FIND)
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._filter())
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Setting", "Value", "From"])
        self.tree.setAccessibleName("Settings")
        self.tree.setUniformRowHeights(True)
        self.tree.currentItemChanged.connect(lambda *_: self._choose())
        self.tree.itemActivated.connect(lambda *_: self._focus())
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.resizeSection(0, 240)
        header.setStretchLastSection(False)
        self._title, self._about = Prose(look="bold"), label(tone="muted")
        self.value, self.switch = QLineEdit(), QComboBox()
        self.value.setAccessibleName("Value")
        self.value.returnPressed.connect(self.apply)
        self.value.textChanged.connect(self._type)
        self.switch.currentTextChanged.connect(self._type)
        nameless(self.switch, "Value")
        self.switch.addItems(["false", "true"])
        self._editors = QStackedWidget()
        self._editors.addWidget(self.value)
        self._editors.addWidget(self.switch)
        self._editors.setFixedHeight(self.value.sizeHint().height() + 2)
        self.set, self.unset = QPushButton("Set"), QPushButton("Default")
        self.set.setToolTip("Put this value into the draft; nothing is written yet")
        self.unset.setToolTip("Take it out of the file, so that the default holds")
        self.set.clicked.connect(lambda _=False: self.apply())
        self.unset.clicked.connect(lambda _=False: self._reset())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        line = row(self._editors, self.set, self.unset)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self._choose()

    @property
    def chosen(self) -> InForce | None:
        """The setting that is selected."""
        item = self.tree.currentItem()
        found = item.data(0, SETTING) if item is not None else None
        return found if isinstance(found, InForce) else None

    def select(self, *path: str) -> None:
        """Select a setting."""
        item = self._item(path)
        if item is not None:
            self.tree.setCurrentItem(item)
            self.tree.scrollToItem(item)

    def _item(self, path: tuple[str, ...]) -> QTreeWidgetItem | None:
        parent = self.tree.invisibleRootItem()
        for name in path:
            found = next((child for child in _below(parent) if child.text(0) == name), None)
            if found is None:
                return None
            parent = found
        return parent

    def show_settings(self, view: View) -> None:
        """Show these; what was open and selected stays."""
        chosen = self.chosen.path if self.chosen else ()
        opened = {path for path, item in self._all() if item.isExpanded()}
        self.tree.blockSignals(True)
        self.tree.clear()
        places: dict[tuple[str, ...], QTreeWidgetItem] = {(): self.tree.invisibleRootItem()}
        for section, settings in view.settings.items():
            self._place((section,), places)
            for setting in settings:
                item = self._place(setting.path, places)
                words = self._state.draft.words(setting) if self._state.draft is not None else ""
                origin = ORIGINS.get(setting.layer, setting.layer)
                origin = f"line {setting.line}" if setting.line else origin
                for column, text in enumerate((words, origin), start=1):
                    item.setText(column, text)
                    item.setToolTip(column, setting.place if column == 2 else text)
                item.setData(0, SETTING, setting)
        for path, item in self._all():
            item.setExpanded(path in opened)
        self.tree.blockSignals(False)
        if chosen:
            self.select(*chosen)
        elif self._fresh:
            for first in _below(self.tree.invisibleRootItem())[:1]:
                first.setExpanded(True)
        self._fresh = False
        self._filter()
        self._choose()

    def _place(self, path: tuple[str, ...], places: dict[tuple[str, ...], QTreeWidgetItem]) -> QTreeWidgetItem:
        if path not in places:
            item = QTreeWidgetItem(self._place(path[:-1], places), [path[-1]])
            item.setToolTip(0, ".".join(path))
            places[path] = item
        return places[path]

    def _all(self) -> list[tuple[tuple[str, ...], QTreeWidgetItem]]:
        found: list[tuple[tuple[str, ...], QTreeWidgetItem]] = []
        waiting: list[tuple[tuple[str, ...], QTreeWidgetItem]] = [((), self.tree.invisibleRootItem())]
        while waiting:
            path, parent = waiting.pop()
            here = [((*path, child.text(0)), child) for child in _below(parent)]
            found += here
            waiting += here
        return found

    def _filter(self) -> None:
        """Hide what doesn't fit the words; what fits shows with everything above it."""
        words = self.search.text().strip().lower()
        for path, item in sorted(self._all(), key=lambda one: len(one[0]), reverse=True):
            fits = words in ".".join(path).lower() or words in item.text(1).lower()
            below = any(not child.isHidden() for child in _below(item))
            item.setHidden(bool(words) and not fits and not below)
            if words and below:
                item.setExpanded(True)

    def _choose(self) -> None:
        setting, draft = self.chosen, self._state.draft
        ready = setting is not None and draft is not None
        for button in (self._editors, self.set):
            button.setEnabled(ready)
        self.unset.setEnabled(ready and setting is not None and setting.layer == "file")
        if setting is None or draft is None:
            self._title.setText("Select a setting to change it")
            self._about.setText("")
            self.value.clear()
            return
        self._title.setText(".".join(setting.path))
        words = draft.words(setting)
        about = draft.about(setting.path).replace("`", "")
        ours = setting.layer in ("file", "default", "defaults")
        hidden = "" if ours else f" It comes from {setting.place}, which comes before the file."
        self._about.setText(f"{about}{hidden}".strip())
        switch = draft.is_switch(setting.path)
        self._editors.setCurrentWidget(self.switch if switch else self.value)
        self.value.setPlaceholderText(HIDDEN if words == HIDES else "")
        text = self._typed.get(setting.path, "" if words == HIDES else words)
        if switch:
            self.switch.setCurrentText(text)
        elif text != self.value.text():  # else the cursor would go to the end
            self.value.setText(text)

    def _focus(self) -> None:
        if self.chosen is not None:
            editor = self.value if self._editors.currentWidget() is self.value else self.switch
            editor.setFocus(Qt.FocusReason.OtherFocusReason)

    # What the user does

    @property
    def changed(self) -> Sequence[str]:
        """Settings whose value was typed and is not set."""
        return [".".join(path) for path in self._typed]

    def give_up(self) -> None:
        """Forget what was typed and not set."""
        self._typed.clear()
        self._choose()

    def _type(self, text: str) -> None:
        """Keep what is typed, unless it is the value already."""
        setting, draft = self.chosen, self._state.draft
        if setting is None or draft is None:
            return
        words = draft.words(setting)
        if text == ("" if words == HIDES else words):
            self._typed.pop(setting.path, None)
        else:
            self._typed[setting.path] = text
        self.edited.emit()

    def apply(self) -> None:
        """Put the value into the draft."""
        setting, draft = self.chosen, self._state.draft
        if setting is not None and draft is not None:
            words = self.switch.currentText() if draft.is_switch(setting.path) else self.value.text()
            if words or setting.value != HIDES:
                self._state.change(setting.path, words, lambda: self._set(setting.path, words))

    def _reset(self) -> None:
        if self.chosen is not None:
            path = self.chosen.path
            self._state.change(path, None, lambda: self._set(path, self._typed.get(path)))

    def _set(self, path: tuple[str, ...], words: str | None) -> None:
        """A value is in the text now; what has been typed since stays."""
        if self._typed.get(path) == words:
            self._typed.pop(path, None)
        self.edited.emit()


def _below(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [child for at in range(item.childCount()) if (child := item.child(at)) is not None]
