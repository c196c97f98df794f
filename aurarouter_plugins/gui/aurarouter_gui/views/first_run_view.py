"""The first run's dialog: models that were found, the file that is written, and a first answer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from aurarouter_core import Beginning
from aurarouter_gui.state.first_run import FirstRun, Row
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.parts import Notice, card, label, plain_button, row
from aurarouter_gui.views.turn_view import TurnView

LOOKING = "Looking for models on this machine, and for keys in the environment …"
INTRO = (
    "AuraRouter has no configuration yet. These models answer here or by a key of yours. Take those that you want; "
    "each role tries them from the top. Nothing has been sent but the question which models there are."
)
NOTHING = (
    "AuraRouter has no configuration yet. No server answers on this machine, and no key in the environment leads to a "
    "model. Start a server (Ollama, llama.cpp) or set a key (ANTHROPIC_API_KEY), and look again."
)


class FirstRunDialog(QDialog):
    """Three pages; Esc or Later leaves everything as it is.

    Args:
        parent: The window.
        desk: What panels share.
    """

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        self.setWindowTitle("Welcome to AuraRouter")
        self.resize(640, 520)
        self._desk = desk
        self.state = FirstRun(desk.link, self._changed)
        self._turn: TurnView | None = None
        self._rows_shown: list[Row] | None = None
        self._title = label("Welcome to AuraRouter", look="huge")
        self.notice = Notice()
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._words = label(LOOKING, tone="muted")
        self._stack = QStackedWidget()
        self._choosing, self._list = _page()
        self._asking, self._answer = _page()
        self._stack.addWidget(self._choosing)
        self._stack.addWidget(self._asking)
        self._prompt = QLineEdit(Beginning.prompt)
        self._prompt.setAccessibleName("First prompt")
        self._prompt.returnPressed.connect(self.ask)
        self.later = QPushButton("Later")
        self.later.clicked.connect(self.reject)
        self.again = QPushButton("Look again")
        self.again.clicked.connect(self.state.look)
        self.next = QPushButton("Write the configuration")
        self.next.setObjectName("main")
        self.next.clicked.connect(self._go_on)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        for part in (self._title, self._words, self._busy, self.notice, self._prompt):
            layout.addWidget(part)
        layout.addWidget(self._stack, 1)
        layout.addLayout(row(None, self.later, self.again, self.next))
        self.finished.connect(lambda _: self.state.cancel())
        self.state.look()

    def _go_on(self) -> None:
        if self.state.step == "choosing":
            self.state.write()
        elif self.state.run is None or self.state.run.state not in ("running", "done"):
            self.ask()
        elif self.state.run.state == "done":
            self.accept()

    def ask(self) -> None:
        """Ask the first prompt."""
        if self.state.step == "asking" and self._prompt.text().strip():
            if self._turn is not None:
                self._turn.deleteLater()
                self._turn = None
            self.state.ask(self._prompt.text())

    # What is shown

    def _changed(self) -> None:
        state = self.state
        asking = state.step == "asking"
        done = asking and state.run is not None and state.run.state == "done"
        self._busy.setVisible(state.step in ("looking", "writing"))
        self._stack.setVisible(state.step in ("choosing", "asking"))
        self._stack.setCurrentWidget(self._asking if asking else self._choosing)
        self._prompt.setVisible(asking)
        self.again.setVisible(state.step == "choosing")
        self.later.setVisible(not done)
        self.later.setText("Close" if asking else "Later")
        self.next.setText("Start" if done else "Ask" if asking else "Write the configuration")
        running = state.run is not None and state.run.state == "running"
        self.next.setEnabled(state.ready or (asking and not running))
        self.notice.trouble(state.trouble)
        if state.step == "looking":
            self._words.setText(LOOKING)
        elif state.step == "writing":
            self._words.setText(f"Writing {state.path} and starting the engine …")
        elif asking:
            kept = f" The file that was there is now {state.backup}." if state.backup else ""
            self._words.setText(f"{state.path} is written.{kept} Ask something to see it work.")
            self._show_answer()
        else:
            self._words.setText(INTRO if state.rows else NOTHING)
        if self._rows_shown is not state.rows or state.step == "choosing":
            self._show_rows()

    def _show_rows(self) -> None:
        state = self.state
        self._rows_shown = state.rows
        while self._list.count():
            item = self._list.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.deleteLater()
        for number, one in enumerate(state.rows):
            self._list.addWidget(self._row(number, one))
        if state.built_in:
            names = ", ".join(state.built_in)
            words = "comes last in every role: always there, and far too small for real work"
            self._list.addWidget(label(f"The built-in model ({names}) {words}.", tone="muted"))
        for note in state.notes:
            self._list.addWidget(label(note, tone="muted"))
        self._list.addStretch(1)

    def _row(self, number: int, one: Row) -> QWidget:
        frame, inside = card(spacing=4, margin=10)
        chosen = QCheckBox(one.name)
        chosen.setChecked(one.chosen)
        chosen.toggled.connect(lambda on: self._set(one, "chosen", on))
        line = row(chosen, None)
        if len(self.state.rows) > 1:
            up = plain_button("Up", "Try it earlier")
            up.setEnabled(number > 0)
            up.clicked.connect(lambda: self._up(number))
            line.addWidget(up)
        inside.addLayout(line)
        inside.addWidget(label(one.about, tone="muted"))
        if one.doubtful:
            private = QCheckBox("May receive private content: I know that it passes nothing on")
            private.setChecked(one.private)
            private.toggled.connect(lambda on: self._set(one, "private", on))
            inside.addWidget(private)
        return frame

    def _set(self, one: Row, name: str, on: bool) -> None:
        setattr(one, name, on)
        self.next.setEnabled(self.state.ready)

    def _up(self, number: int) -> None:
        rows = self.state.rows
        rows[number - 1], rows[number] = rows[number], rows[number - 1]
        self._show_rows()

    def _show_answer(self) -> None:
        run = self.state.run
        if run is None:
            return
        if self._turn is None:
            self._turn = TurnView(self._desk, run)
            self._answer.insertWidget(0, self._turn)
        self._turn.refresh()


def _page() -> tuple[QScrollArea, QVBoxLayout]:
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    layout.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(inside)
    return area, layout


def offer_first_run(parent: QWidget, desk: Desk, done: Callable[[], None]) -> FirstRunDialog:
    """Open the dialog; `done` is told when a file was written."""
    dialog = FirstRunDialog(parent, desk)

    def ended(_: int) -> None:
        if dialog.state.step == "asking":
            done()
        dialog.deleteLater()

    dialog.finished.connect(ended)
    dialog.open()
    return dialog
