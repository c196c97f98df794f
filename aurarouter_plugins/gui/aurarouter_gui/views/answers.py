"""The answers of the workspace, one below the other, the latest in sight; before the first, a greeting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from aurarouter_gui.views.parts import card, heading, label

if TYPE_CHECKING:
    from aurarouter_gui.state.run import Run
    from aurarouter_gui.views.desk import Desk
    from aurarouter_gui.views.turn_view import TurnView

NEAR = 40
"""Points from the end within which whoever reads follows an answer as it grows."""


class Answers(QScrollArea):
    """A column of questions with their answers.

    Args:
        desk: What its parts share.

    Attributes:
        turns: How each run is shown, by the run's identity.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.turns: dict[int, TurnView] = {}
        inside = QWidget()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(inside)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._welcome = self._greeting()
        self._column.addWidget(self._welcome)
        self._column.addStretch(1)

    def show_run(self, run: Run) -> None:
        """Show how it goes now. Stays at the end, where that is in sight."""
        from aurarouter_gui.views.turn_view import TurnView

        view = self.turns.get(id(run))
        if view is None:
            view = self.turns[id(run)] = TurnView(self._desk, run)
            self._welcome.hide()
            self._column.insertWidget(self._column.count() - 1, view)
        bar = self.verticalScrollBar()
        below = bar.value() >= bar.maximum() - NEAR
        view.refresh()
        if below:
            self._column.activate()
            bar.setValue(bar.maximum())

    @staticmethod
    def _greeting() -> QWidget:
        frame, inside = card()
        inside.addWidget(heading("Ask anything"))
        words = "Your prompt goes to the first model that suits it. Answers appear here; nothing has been asked yet."
        inside.addWidget(label(words, tone="muted"))
        return frame
