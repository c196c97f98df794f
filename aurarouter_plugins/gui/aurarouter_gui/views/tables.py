"""Tables of text that are read and not edited."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

ROOM = 10
"""Pixels of a line beside its letters, as lists and trees have them."""


def table(titles: Sequence[str], *, stretched: int) -> QTableWidget:
    """A table with these columns, of which one takes what is left; rows are selected whole."""
    made = QTableWidget(0, len(titles))
    made.setHorizontalHeaderLabels(titles)
    made.verticalHeader().hide()
    made.setShowGrid(False)
    made.setWordWrap(True)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    made.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    made.setTabKeyNavigation(False)
    made.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    made.horizontalHeader().setHighlightSections(False)
    made.verticalHeader().setMinimumSectionSize(made.fontMetrics().lineSpacing() + ROOM)
    made.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    for column in range(len(titles)):
        mode = QHeaderView.ResizeMode.Stretch if column == stretched else QHeaderView.ResizeMode.ResizeToContents
        made.horizontalHeader().setSectionResizeMode(column, mode)
    return made


def fill(table: QTableWidget, rows: Sequence[Sequence[str]]) -> None:
    """Show these rows."""
    table.setRowCount(len(rows))
    for at, cells in enumerate(rows):
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(at, column, item)
