"""A table of thousands of lines, of which only those that are seen cost anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from aurarouter_gui.views.tables import ROOM, WIDEST

Index = QModelIndex | QPersistentModelIndex
T = TypeVar("T")
SAMPLE = 20
"""Lines by which the width of a column is measured."""
MARGIN = 9
"""Pixels around what stands in an empty table, which are those of a cell."""


class Line:
    """A line of a log.

    Args:
        key: Names it; the selection follows it.
        cells: Its words.
        tones: Column → colour of its words, as a name of `palette.Colours`.
    """

    __slots__ = ("cells", "key", "tones")

    def __init__(self, key: str, cells: Sequence[str], tones: Mapping[int, str] | None = None) -> None:
        self.key, self.cells, self.tones = key, cells, tones or {}


class Lines(Sequence[Line]):
    """Lines that are made when they are first seen, of thousands of things.

    Args:
        things: What there is a line for.
        key: The key of a thing's line.
        made: The line of a thing.
    """

    def __init__(self, things: Sequence[T], key: Callable[[T], str], made: Callable[[T], Line]) -> None:
        self._things, self._key, self._made = things, key, made
        self._lines: dict[int, Line] = {}

    def __len__(self) -> int:
        return len(self._things)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> list[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | list[Line]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        if at not in self._lines:
            self._lines[at] = self._made(self._things[at])
        return self._lines[at]

    def find(self, key: str) -> int | None:
        """Where the line of this key is; None where there is none."""
        return next((at for at, thing in enumerate(self._things) if self._key(thing) == key), None)


class _Lines(QAbstractTableModel):
    def __init__(self, desk: Any, titles: Sequence[str]) -> None:
        super().__init__()
        self._desk, self._titles = desk, titles
        self.lines: Sequence[Line] = ()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        line = self.lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return line.cells[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() in line.tones:
            return QColor(getattr(self._desk.colours, line.tones[index.column()]))
        return None

    def show(self, lines: Sequence[Line]) -> None:
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()


class LogTable(QTableView):
    """Emits `chosen` with the key of the line that the user has come to.

    Args:
        desk: For the colours.
        titles: Of the columns.
        stretched: The column that takes what is left.

    Attributes:
        empty: What stands there when there is no line: why, and what to do.
    """

    chosen = Signal(str)

    def __init__(self, desk: Any, titles: Sequence[str], *, stretched: int) -> None:
        super().__init__()
        self._model = _Lines(desk, titles)
        self.setModel(self._model)
        self._desk, self._stretched = desk, stretched
        self.empty = ""
        self._showing = False
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().lineSpacing() + ROOM)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._came)
        desk.restyled.connect(self.viewport().update)

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows."""
        return self._model.lines

    @property
    def key(self) -> str:
        """The key of the line that is selected; "" for none."""
        at = self.currentIndex().row()
        return self.lines[at].key if 0 <= at < len(self.lines) else ""

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these; the selection and the place that is looked at stay."""
        before, at = self.key, self.verticalScrollBar().value()
        self._showing = True
        self._model.show(lines)
        self._fit()
        self.choose(before)
        self.verticalScrollBar().setValue(at)
        self._showing = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The lines, or why there are none."""
        super().paintEvent(event)
        if self.empty and not self.lines:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(self._desk.colours.muted))
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            painter.drawText(self.viewport().rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), flags, self.empty)

    def choose(self, key: str) -> None:
        """Select the line of this key, if it is there."""
        if not key:
            return
        if isinstance(self.lines, Lines):
            found = self.lines.find(key)
        else:
            found = next((at for at, line in enumerate(self.lines) if line.key == key), None)
        if found is not None:
            self.setCurrentIndex(self._model.index(found, 0))

    def _fit(self) -> None:
        metrics, header = self.fontMetrics(), self.horizontalHeader()
        for column in range(self._model.columnCount()):
            if column != self._stretched:
                words = [line.cells[column] for line in self.lines[:SAMPLE]]
                title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
                wide = max(map(metrics.horizontalAdvance, [title, *words])) + 20
                if header.sectionSize(column) != min(WIDEST, wide):
                    header.resizeSection(column, min(WIDEST, wide))

    def _came(self, now: QModelIndex) -> None:
        if now.isValid() and not self._showing:
            self.chosen.emit(self.lines[now.row()].key)
