"""The history: what was asked before, with a search; a choice shows how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from aurarouter_gui.state.history import History, Past
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.lists import break_lines
from aurarouter_gui.views.parts import Notice, label

EMPTY = "Nothing was asked yet. Every task of yours, from any program, appears here when it has ended."
NOT_FOUND = "Nothing that was asked has all of these words."
NOT_KEPT = "Prompts of other windows are shown only where the configuration keeps them: system.keep_content."


class HistoryView(QWidget):
    """Emits the trace that was chosen, as plain data."""

    chosen = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.state = History(desk.link, self._show, self._failed)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search words, model, id")
        self.search.setToolTip("Words of the prompt, a model, an intent or the id of a trace")
        self.search.setAccessibleName("Search the history")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.state.search)
        self.notice = Notice()
        self.empty = label(tone="muted")
        self.list = QListWidget()
        break_lines(self.list)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        self.list.setAccessibleName("History")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        for part in (self.search, self.notice, self.empty, self.list):
            layout.addWidget(part)
        for shown in (2, 3):  # one of the two is, and takes what is left
            layout.setStretch(shown, 1)
        layout.addWidget(label(NOT_KEPT, tone="muted", look="small"))
        self._show(())

    def refresh(self) -> None:
        """Read again."""
        self.state.refresh()

    def _show(self, found: Sequence[Past]) -> None:
        self.notice.hide()
        self.list.clear()
        for one in found:
            mark = "" if one.ok else "✗ "
            private = " · private" if one.private else ""
            item = QListWidgetItem(f"{mark}{one.title[:160]}\n{one.when} · {one.about}{private}")
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            self.list.addItem(item)
        self.empty.setText(NOT_FOUND if self.search.text().strip() else EMPTY)
        self.empty.setVisible(not found)
        self.list.setVisible(bool(found))
        if not found:
            self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _failed(self, problem: Trouble) -> None:
        self.notice.trouble(problem)

    def _choose(self, item: QListWidgetItem) -> None:
        name = item.data(Qt.ItemDataRole.UserRole)

        def came(trace: Mapping[str, Any] | None) -> None:
            if trace is not None:
                self.chosen.emit(trace)

        self._desk.worker.begin(self.state.trace(name), came, lambda error: self._failed(trouble(error)))
