"""One question and its answer: what was asked, the answer as it comes, who gave it, and what went wrong."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QProgressBar, QVBoxLayout, QWidget

from aurarouter_gui.state.run import Run
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.markdown import MarkdownView
from aurarouter_gui.views.parts import Notice, card, label, plain_button, row
from aurarouter_gui.views.prose import Prose

PAINT = 60
"""Milliseconds between two drawings of an answer that comes in."""


class Answer(MarkdownView):
    """Markdown as high as its text, so that the page scrolls and not each answer."""

    def __init__(self) -> None:
        super().__init__()
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def _fit(self, *_: object) -> None:
        self.setFixedHeight(max(int(self.document().size().height()) + 4, self.fontMetrics().lineSpacing()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """A narrower page is a longer one."""
        super().resizeEvent(event)
        self._fit()


class TurnView(QWidget):
    """Shows a run until it ends, and then what came of it."""

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__()
        self._desk = desk
        self.turn = run
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        frame, inside = card()
        layout.addWidget(frame)
        self.question = Prose(run.task.text.strip(), look="bold")
        inside.addWidget(self.question)
        self.answer = Answer()
        self.answer.wear(desk.colours)
        inside.addWidget(self.answer)
        self.waits = label(tone="muted")
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        inside.addWidget(self.waits)
        inside.addWidget(self.busy)
        self.notice = Notice()
        inside.addWidget(self.notice)
        self.summary = Prose(tone="muted")
        self.copy = plain_button("Copy", "Copy the answer")
        self.copy.clicked.connect(self._copy)
        self.save = plain_button("Save …", "Save the answer to a file")
        self.save.clicked.connect(self._save)
        foot = row(self.summary, self.copy, self.save)
        foot.setStretch(0, 1)
        foot.setAlignment(self.summary, Qt.AlignmentFlag.AlignVCenter)
        inside.addLayout(foot)
        self._painting = QTimer(self)
        self._painting.setSingleShot(True)
        self._painting.setInterval(PAINT)
        self._painting.timeout.connect(self._paint)
        desk.restyled.connect(self._restyle)
        self._paint()

    def refresh(self) -> None:
        """The run has changed: draw it soon, however often it changes."""
        if self.turn.state != "running":
            self._painting.stop()
            self._paint()
        elif not self._painting.isActive():
            self._painting.start()

    def _paint(self) -> None:
        run = self.turn
        running = run.state == "running"
        self.answer.show_text(run.text)
        self.answer.setVisible(bool(run.text))
        self.waits.setText(run.waits)
        self.waits.setVisible(running and bool(run.waits))
        self.busy.setVisible(running)
        self.notice.trouble(run.trouble, ground="bad" if run.state == "failed" else "warn")
        self.summary.setText(run.summary)
        for part in (self.copy, self.save):
            part.setVisible(bool(run.text) and not running)

    def _restyle(self) -> None:
        self.answer.wear(self._desk.colours)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.text)
        self._desk.say("The answer is copied.")

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save the answer", "answer.md", "Markdown (*.md);;All files (*)")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the answer to a file; say how that went."""
        try:
            path.write_text(self.turn.text + "\n", encoding="utf-8")
        except OSError as error:
            self.notice.tell(f"{path} can't be written", error.strerror or str(error), ground="bad")
        else:
            self._desk.say(f"Saved to {path}")
