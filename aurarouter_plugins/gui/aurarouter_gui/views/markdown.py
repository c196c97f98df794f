"""Shows Markdown from strangers: no HTML, no pictures, no file is read, and links open only when they are clicked."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QTextBrowser

from aurarouter_gui.views.highlighter import Highlighter
from aurarouter_gui.views.palette import LIGHT, Colours

FEATURES = QTextDocument.MarkdownFeature(
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub.value | QTextDocument.MarkdownFeature.MarkdownNoHTML.value
)


class MarkdownView(QTextBrowser):
    """Text with headings, lists, tables and highlighted code."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._visit)
        self._highlighter = Highlighter(self.document(), LIGHT)

    def show_text(self, text: str) -> None:
        """Show this in the place of what was there; whoever reads further up stays there."""
        bar = self.verticalScrollBar()
        at, below = bar.value(), bar.value() >= bar.maximum() - 4
        self.document().setMarkdown(text, FEATURES)
        self._highlighter.frame()
        bar.setValue(bar.maximum() if below else at)

    def wear(self, colours: Colours) -> None:
        """Another theme is in force."""
        self._highlighter.wear(colours)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:  # noqa: N802 - Qt's name
        """Nothing is ever loaded: a picture's address would tell a stranger that the answer was read."""
        return None

    @staticmethod
    def _visit(address: QUrl) -> None:
        if address.scheme() in ("http", "https"):
            QDesktopServices.openUrl(address)
