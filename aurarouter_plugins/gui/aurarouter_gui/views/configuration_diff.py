"""What saving would change, before it is saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QFontDatabase, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from aurarouter_gui.state.configuration import Configuration
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.parts import Notice, heading, label


class DiffDialog(QDialog):
    """Saves when it is agreed to."""

    def __init__(self, parent: QWidget, desk: Desk, state: Configuration) -> None:
        super().__init__(parent)
        self._state = state
        self.setWindowTitle("Save the configuration")
        self.resize(680, 480)
        self.lines = QPlainTextEdit()
        self.lines.setReadOnly(True)
        self.lines.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.lines.setAccessibleName("What would change")
        self._show(state.diff, desk)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self.save.setObjectName("main")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(heading("This would change"))
        layout.addWidget(label(str(state.draft.file) if state.draft else "", tone="muted"))
        layout.addWidget(self.lines, 1)
        problems = state.view.problems if state.view.text == state.text else ()
        if problems:
            notice = Notice()
            words = "It is only written if nothing gets worse than it is in the file."
            notice.tell(f"There are problems: {len(problems)}", words, "\n".join(map(str, problems)), ground="warn")
            layout.addWidget(notice)
        layout.addWidget(buttons)
        self.finished.connect(self.deleteLater)

    def _show(self, diff: Sequence[str], desk: Desk) -> None:
        colours = desk.colours
        grounds = {"+": (colours.good, colours.good_tint), "-": (colours.bad, colours.bad_tint)}
        self.lines.setPlainText("\n".join(diff) or "Nothing.")
        cursor = QTextCursor(self.lines.document())
        for line in diff:
            ink, ground = grounds.get(line[:1], (colours.muted if line.startswith("@@") else "", ""))
            block, text = QTextBlockFormat(), QTextCharFormat()
            if ground:
                block.setBackground(QColor(ground))
            if ink:
                text.setForeground(QColor(ink))
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeBlockFormat(block)
            cursor.mergeCharFormat(text)
            cursor.movePosition(QTextCursor.MoveOperation.NextBlock)

    def accept(self) -> None:
        """Write it; the panel says what became of it."""
        self._state.save()
        super().accept()
