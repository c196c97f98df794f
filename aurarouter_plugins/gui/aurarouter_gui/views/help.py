"""F1: what the panel is for, and every key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from aurarouter_gui.panel import Panel
from aurarouter_gui.views.markdown import MarkdownView

KEYS = """\
| Key | |
|---|---|
| Ctrl+Enter | Run |
| Esc | Cancel what runs |
| F1 | This page |
| Ctrl+Shift+D | Light or dark |
| Ctrl+Q | Close the window |
| Tab, Shift+Tab | To the next part, or back |
"""


class HelpDialog(QDialog):
    """A page of text; Esc closes it."""

    def __init__(self, parent: QWidget, panels: Sequence[Panel], text: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.resize(560, 560)
        places = "".join(f"| Ctrl+{number} | {panel.title} |\n" for number, panel in enumerate(panels[:9], start=1))
        page = MarkdownView()
        page.show_text(f"{text.strip()}\n\n### Keys\n\n{KEYS}{places}")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(page, 1)
        layout.addWidget(buttons)
        self.finished.connect(self.deleteLater)
