"""Lists whose long lines are broken."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtWidgets import QListWidget, QStyledItemDelegate, QStyleOptionViewItem

PADDING = 12
"""Pixels at both sides of a line that the style sheet and Qt keep free."""


class _Measured(QStyledItemDelegate):
    """Qt measures a line as if the style sheet gave it no padding, and so cuts the last word of one that just fits."""

    def __init__(self, made: QListWidget) -> None:
        super().__init__(made)
        self._list = made

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        option.rect.setWidth(self._list.viewport().width() - PADDING)
        return super().sizeHint(option, index)


def break_lines(made: QListWidget) -> None:
    """Have it show the whole of each line."""
    made.setWordWrap(True)
    made.setResizeMode(QListWidget.ResizeMode.Adjust)
    made.setItemDelegate(_Measured(made))
