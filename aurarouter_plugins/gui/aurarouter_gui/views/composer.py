"""Where a prompt is written: the text, the wishes beside it, the privacy badge, and Run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
)

from aurarouter_gui.views.parts import Notice, card, label, naming, restyle, row

if TYPE_CHECKING:
    from aurarouter_gui.state.clearance import Badge
    from aurarouter_gui.state.talk import Fill
    from aurarouter_gui.state.workspace import Choices

AUTO = "Auto"
MODES = (("Auto", "auto"), ("Direct", "direct"), ("Plan", "plan"))


class PromptEdit(QPlainTextEdit):
    """Text whose Ctrl+Enter runs it, and whose Tab goes on to the next field."""

    submitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setPlaceholderText("Ask anything. The route is shown while you write; Ctrl+Enter runs it.")
        self.setAccessibleName("Prompt")
        line = self.fontMetrics().lineSpacing()
        self.setMinimumHeight(line * 2 + 22)
        self.setMaximumHeight(line * 4 + 22)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(self)
            shortcut.setProperty("key", keys)
            shortcut.setProperty("context", "WidgetShortcut")
            shortcut.activated.connect(self.submitted)


class Composer(QFrame):
    """Emits what the user does; shows what it is told."""

    written = Signal(str)
    wished = Signal(str, object)
    run = Signal()
    stop = Signal()
    conversed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        frame, layout = card(spacing=10)
        outer = QGridLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        self.badge = Notice()
        layout.addWidget(self.badge)
        self.prompt = PromptEdit()
        self.prompt.textChanged.connect(lambda: self.written.emit(self.prompt.toPlainText()))
        self.prompt.submitted.connect(self.run)
        layout.addWidget(self.prompt)
        self.intent, self.role, self.model = (self._choice(name) for name in ("intent", "role", "model"))
        self.mode = QComboBox()
        for title, value in MODES:
            self.mode.addItem(title, value)
        self.mode.currentIndexChanged.connect(lambda _: self.wished.emit("mode", self.mode.currentData()))
        fields = QGridLayout()
        fields.setHorizontalSpacing(8)
        fields.setVerticalSpacing(6)
        named = (("Intent", self.intent), ("Role", self.role), ("Model", self.model), ("Mode", self.mode))
        for number, (title, field) in enumerate(named):
            field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            field.setMinimumContentsLength(5)
            line, column = divmod(number, 2)
            fields.addWidget(naming(title, field), line, 2 * column)
            fields.addWidget(field, line, 2 * column + 1)
            fields.setColumnStretch(2 * column + 1, 1)
        layout.addLayout(fields)
        self.private = QCheckBox("Private")
        self.private.setToolTip("Only models that are cleared for private content")
        self.private.toggled.connect(lambda on: self.wished.emit("private", on))
        self.run_button = QPushButton("Run")
        self.run_button.setObjectName("main")
        self.run_button.setToolTip("Ctrl+Enter")
        self.run_button.clicked.connect(self.run)
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Esc")
        self.stop_button.clicked.connect(self.stop)
        self.chat = QCheckBox("Conversation")
        self.chat.setToolTip("Each question knows what was said before; the conversation is kept")
        self.chat.toggled.connect(self.conversed)
        self.fill = label(tone="muted", wraps=False)
        self.fill.setToolTip("How full the model's context is")
        self.fill_bar = QProgressBar()
        self.fill_bar.setTextVisible(False)
        self.fill_bar.setFixedWidth(90)
        layout.addLayout(row(self.fill_bar, self.fill, None))
        layout.addLayout(self._line())
        self.show_fill(None)
        self.set_busy(False)

    def _line(self) -> QHBoxLayout:
        return row(self.private, self.chat, None, self.stop_button, self.run_button)

    def _choice(self, name: str) -> QComboBox:
        box = QComboBox()
        box.addItem(AUTO, None)
        box.currentIndexChanged.connect(lambda _: self.wished.emit(name, box.currentData()))
        return box

    def offer(self, choices: Choices) -> None:
        """What there is to choose from; what was chosen stays where it is still there."""
        for box, names in ((self.intent, choices.intents), (self.role, choices.roles), (self.model, choices.models)):
            _fill(box, names)

    def set_busy(self, busy: bool) -> None:
        """An answer is on its way, or not."""
        self.stop_button.setVisible(busy)
        self.run_button.setEnabled(not busy and bool(self.prompt.toPlainText().strip()))

    def show_fill(self, fill: Fill | None) -> None:
        """How full the context is; None outside a conversation, which is answered in one piece."""
        self.mode.setEnabled(fill is None)
        self.fill.setVisible(fill is not None)
        self.fill_bar.setVisible(fill is not None and fill.share is not None)
        if fill is not None:
            self.fill.setText(fill.words)
            self.fill.setProperty("tone", "warn" if fill.high else "muted")
            restyle(self.fill)
            self.fill_bar.setValue(min(100, round(100 * (fill.share or 0))))

    def show_badge(self, badge: Badge) -> None:
        """What was detected, and where the prompt may go."""
        if badge.level in ("none", "open"):
            self.badge.hide()
        else:
            self.badge.tell(badge.title, badge.details, ground="bad" if badge.level == "blocked" else "warn")


def _fill(box: QComboBox, names: Sequence[str]) -> None:
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    box.addItem(AUTO, None)
    for name in names:
        box.addItem(name, name)
    at = box.findData(chosen) if chosen is not None else 0
    box.setCurrentIndex(max(at, 0))
    box.blockSignals(False)
    if at < 0:
        box.currentIndexChanged.emit(0)
