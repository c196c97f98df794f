"""Plain text that can be selected and copied, and breaks anywhere, so that no long word is cut or makes a page wide."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QTextDocument, QTextOption
from PySide6.QtWidgets import QSizePolicy, QTextEdit

NARROWEST, USUAL = 8, 60
"""Letters in a line at least, and where there is room."""


class Prose(QTextEdit):
    """As high as its text, or as many lines, and then it scrolls.

    Args:
        text: What it says.
        tone, look: As those of a label, which the style sheet knows.
        most: Lines that are shown at once; 0 for all.
    """

    def __init__(self, text: str = "", *, tone: str = "", look: str = "", most: int = 0) -> None:
        super().__init__()
        self._most = most
        if not most:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.document().setDocumentMargin(0)
        self.setProperty("tone", tone)
        self.setObjectName(look)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(text)

    def text(self) -> str:
        """What it says."""
        return self.toPlainText()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name, which would take HTML
        """Say this."""
        if text != self.text():
            self.setPlainText(text)
            self.updateGeometry()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """As many lines as it takes."""
        self.ensurePolished()
        measured = QTextDocument(self.toPlainText())
        measured.setDefaultFont(self.font())
        breaks = QTextOption()
        breaks.setWrapMode(self.wordWrapMode())
        measured.setDefaultTextOption(breaks)
        measured.setDocumentMargin(0)
        measured.setTextWidth(max(1, width))
        height = ceil(measured.size().height())
        return min(height, self._most * self.fontMetrics().lineSpacing()) if self._most else height

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A usual line; the layout asks for the height at its own width."""
        width = self.fontMetrics().averageCharWidth() * USUAL
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A few letters wide."""
        letters = self.fontMetrics()
        return QSize(letters.averageCharWidth() * NARROWEST, letters.lineSpacing())
