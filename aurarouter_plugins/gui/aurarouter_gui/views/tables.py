"""Tables of text that are read and not edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

ROOM = 10
"""Pixels of a line beside its letters, as lists and trees have them."""
WIDEST = 260
"""Pixels that a column which isn't stretched gets by itself."""


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
    made.horizontalHeader().setMaximumSectionSize(WIDEST)  # one that is stretched may still be wider
    made.verticalHeader().setMinimumSectionSize(made.fontMetrics().lineSpacing() + ROOM)
    made.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    for column in range(len(titles)):
        mode = QHeaderView.ResizeMode.Stretch if column == stretched else QHeaderView.ResizeMode.ResizeToContents
        made.horizontalHeader().setSectionResizeMode(column, mode)
    return made


def fill(table: QTableWidget, rows: Sequence[Sequence[str]], inks: Sequence[Mapping[int, QColor]] = ()) -> None:
    """Show these rows.

    The table is told once, at the end: at each cell it would measure all others anew, for minutes where there are many.

    Args:
        table: Where.
        rows: The texts of their cells.
        inks: For each row, column → the colour of its text.
    """
    table.setRowCount(len(rows))
    model = table.model()
    model.blockSignals(True)
    for at, cells in enumerate(rows):
        for column, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            if inks and column in inks[at]:
                item.setForeground(inks[at][column])
            table.setItem(at, column, item)
    model.blockSignals(False)
    if rows:
        model.dataChanged.emit(model.index(0, 0), model.index(len(rows) - 1, table.columnCount() - 1))
