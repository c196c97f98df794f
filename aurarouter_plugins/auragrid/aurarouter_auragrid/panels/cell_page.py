"""What the pages of a cell have in common: they look every 30 seconds while they are shown, and say when it is gone."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QPushButton

from aurarouter_auragrid.panels.cell_watch import CellPicture, CellWatch, Listeners
from aurarouter_gui.state.words import trouble
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, label

EVERY = 30_000
"""Milliseconds between two looks."""
GONE = "The cell can't be reached"


class CellPage(PanelView):
    """Override `show_picture`."""

    def __init__(self, desk: Any) -> None:
        super().__init__()
        self.desk = desk
        self.picture = CellPicture()
        self.reached = False
        self.notice = Notice()
        self.verdict = label("Looking at the cell …", look="bold")
        self.refresh = QPushButton("Refresh Now")
        self.state = CellWatch(desk.link, Listeners(picture=self._came, done=desk.say, failed=self._failed))
        self.refresh.clicked.connect(lambda _=False: self.state.look())
        self.clock = QTimer(self)
        self.clock.setInterval(EVERY)
        self.clock.timeout.connect(self.state.look)

    def arrive(self) -> None:
        """Look now, and again and again."""
        self.state.look()
        self.clock.start()

    def leave(self) -> None:
        """Stop looking."""
        self.clock.stop()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Stop looking when the window closes, too."""
        self.clock.stop()
        super().hideEvent(event)

    def show_picture(self, picture: CellPicture) -> None:
        """Show how the cell is."""

    def _came(self, picture: CellPicture) -> None:
        self.picture, self.reached = picture, True
        self.notice.hide()
        self.show_picture(picture)

    def _failed(self, error: BaseException) -> None:
        self.reached = False
        said = trouble(error)
        self.notice.trouble(said)
        if said.kind in ("CellUnavailableError", "TimeoutError"):
            self.verdict.setText(f"{GONE}; what is below is as it was" if self.picture.nodes else GONE)
