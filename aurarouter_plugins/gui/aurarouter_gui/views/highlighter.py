"""Colours code in a Markdown document: words, strings, comments and numbers, alike for all languages."""

from __future__ import annotations

import re

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from aurarouter_gui.views.palette import Colours

WORDS = (
    "abstract|and|as|assert|async|await|bool|break|case|catch|char|class|const|continue|def|default|"
    "defer|del|do|double|elif|else|enum|except|export|extends|false|final|finally|float|fn|for|from|func|"
    "function|global|go|goto|if|impl|implements|import|in|include|instanceof|int|interface|is|lambda|let|"
    "long|loop|match|mod|module|mut|namespace|new|nil|None|nonlocal|not|null|or|package|pass|private|"
    "protected|pub|public|raise|return|select|self|short|static|struct|super|switch|template|this|throw|"
    "throws|trait|true|True|False|try|type|typedef|union|unsigned|use|using|var|virtual|void|volatile|"
    "when|where|while|with|yield|SELECT|FROM|WHERE|INSERT|INTO|VALUES|UPDATE|SET|DELETE|CREATE|TABLE|"
    "JOIN|ON|GROUP|BY|ORDER|LIMIT|AND|OR|NOT|NULL"
)
TOKEN = re.compile(
    r"(?P<comment>(?<![:\w])//.*|(?<![\w&$])#(?!include|define|if|end).*|/\*.*?(?:\*/|$)|(?<!-)-- .*)"
    r"|(?P<string>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'|`[^`]*`)"
    r"|(?P<number>\b\d[\d_.]*(?:[eE][+-]?\d+)?\b|\b0[xX][0-9a-fA-F]+\b)"
    rf"|(?P<keyword>\b(?:{WORDS})\b)"
)
LONGEST = 2000
"""Characters of a line that are looked at."""


def is_code(block: QTextBlock) -> bool:
    """A line of a fenced or indented piece of code."""
    shape = block.blockFormat()
    return shape.hasProperty(QTextFormat.Property.BlockCodeFence) or shape.hasProperty(
        QTextFormat.Property.BlockCodeLanguage
    )


class Highlighter(QSyntaxHighlighter):
    """Colours the code of one document."""

    def __init__(self, document: QTextDocument, colours: Colours) -> None:
        super().__init__(document)
        self._colours = colours
        self._formats: dict[str, QTextCharFormat] = {}
        self.wear(colours)

    def wear(self, colours: Colours) -> None:
        """Another theme is in force."""
        self._colours = colours
        for kind in ("comment", "string", "number", "keyword"):
            shape = QTextCharFormat()
            shape.setForeground(QColor(getattr(colours, kind)))
            shape.setFontItalic(kind == "comment")
            self._formats[kind] = shape
        self.frame()
        self.rehighlight()

    def frame(self) -> None:
        """Give code its ground and its font."""
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        block = self.document().begin()
        while block.isValid():
            if is_code(block):
                cursor = QTextCursor(block)
                shape = block.blockFormat()
                shape.setBackground(QColor(self._colours.code))
                shape.setNonBreakableLines(False)
                shape.setLeftMargin(4)
                cursor.setBlockFormat(shape)
                cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
                letters = QTextCharFormat()
                letters.setFontFamilies([mono.family(), "monospace"])
                letters.setFontStyleHint(QFont.StyleHint.Monospace)
                cursor.mergeCharFormat(letters)
            block = block.next()

    def highlightBlock(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Colour one line."""
        if not is_code(self.currentBlock()):
            return
        for found in TOKEN.finditer(text[:LONGEST]):
            self.setFormat(found.start(), found.end() - found.start(), self._formats[found.lastgroup or "keyword"])
