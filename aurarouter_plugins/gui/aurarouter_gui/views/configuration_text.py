"""The text of a configuration file, with line numbers; lines with a problem are marked."""

from __future__ import annotations

import re
from collections.abc import Set

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from aurarouter_gui.views.desk import Desk

TOKEN = re.compile(
    r"(?P<comment>(?:^|(?<=\s))#.*)|(?P<keyword>^[\s-]*[\w.\"'-]+(?=\s*:(?:\s|$)))"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*')|(?P<number>(?<=[\s\[,{])-?\d[\d_.]*(?=[\s,\]}]|$))"
)


class _Colours(QSyntaxHighlighter):
    """Comments, keys, strings and numbers of YAML."""

    def __init__(self, editor: QPlainTextEdit, desk: Desk) -> None:
        super().__init__(editor.document())
        self._desk = desk
        desk.restyled.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Colour one line."""
        for match in TOKEN.finditer(text[:2000]):
            look = QTextCharFormat()
            look.setForeground(QColor(getattr(self._desk.colours, match.lastgroup or "text")))
            self.setFormat(match.start(), match.end() - match.start(), look)


class _Numbers(QWidget):
    """The line numbers, drawn by the editor."""

    def __init__(self, editor: TextEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the last number."""
        return QSize(self._editor.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw those that show."""
        self._editor.draw_numbers(self, event)


class TextEditor(QPlainTextEdit):
    """Plain text; Tab goes to the next field, and an indent is typed with blanks."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._marked: Set[int] = frozenset()
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setAccessibleName("Text of the configuration file")
        self.setPlaceholderText("There is no file yet, so the defaults are in force. Write one here, or use Settings.")
        self._numbers = _Numbers(self)
        self._colours = _Colours(self, desk)
        self.blockCountChanged.connect(lambda _: self._make_room())
        self.updateRequest.connect(self._scrolled)
        desk.restyled.connect(self._numbers.update)
        self._make_room()

    def replace(self, text: str) -> None:
        """Show another text; Ctrl+Z goes back to the one before."""
        if text == self.toPlainText():
            return
        at = self.textCursor().position()
        bar = self.verticalScrollBar().value()
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.setPosition(min(at, len(text)))
        self.setTextCursor(cursor)
        self.verticalScrollBar().setValue(bar)

    def mark(self, lines: Set[int]) -> None:
        """Mark these lines."""
        self._marked = lines
        self._numbers.update()

    def go_to(self, line: int) -> None:
        """Put the cursor there."""
        block = self.document().findBlockByNumber(line - 1)
        self.setTextCursor(QTextCursor(block if block.isValid() else self.document().lastBlock()))
        self.centerCursor()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    # Line numbers

    def numbers_width(self) -> int:
        """What the numbers need."""
        return 22 + self.fontMetrics().horizontalAdvance("9") * max(2, len(str(self.blockCount())))

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        self._place()

    def _place(self) -> None:
        inside, high = self.contentsRect(), self.viewport().height()  # which ends where a scroll bar begins
        self._numbers.setGeometry(QRect(inside.left(), self.viewport().y(), self.numbers_width(), high))

    def _scrolled(self, rect: QRect, by: int) -> None:
        if by:
            self._numbers.scroll(0, by)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The numbers are as high as the text."""
        super().resizeEvent(event)
        self._place()

    def draw_numbers(self, where: QWidget, event: QPaintEvent) -> None:
        """Draw the numbers of the lines that show; a marked one in the colour of what is wrong."""
        colours = self._desk.colours
        painter = QPainter(where)
        painter.setFont(self.font())
        painter.fillRect(event.rect(), QColor(colours.raised))
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top() + self.viewport().y() - where.y()
        while block.isValid() and top <= event.rect().bottom():
            high = self.blockBoundingRect(block).height()
            if block.isVisible():
                wrong = block.blockNumber() + 1 in self._marked
                box = QRect(0, round(top), where.width(), round(high))
                if wrong:
                    painter.fillRect(box, QColor(colours.bad_tint))
                painter.setPen(QColor(colours.bad if wrong else colours.muted))
                painter.drawText(box.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
            block, top = block.next(), top + high
        painter.end()
