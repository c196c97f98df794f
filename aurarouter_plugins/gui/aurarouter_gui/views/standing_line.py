"""The line at the bottom of the window: how the kernel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

if TYPE_CHECKING:
    from aurarouter_gui.state.link import Standing

WORDS = {
    "closed": "",
    "opening": "Starting the engine …",
    "ready": "Ready",
    "lost": "The shared engine has ended. The next call starts a new one.",
    "failed": "The engine can't be used",
}


class StandingLine(QLabel):
    """One line of plain text; all of it as a tip, where it is too long."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("textFormat", "PlainText")
        self.setContentsMargins(10, 3, 10, 3)

    def show_standing(self, standing: Standing) -> None:
        """Say how the kernel is now."""
        words = WORDS[standing.state]
        if standing.state == "ready":
            words = "Ready · shared engine" if standing.shared else "Ready · in this process"
        if standing.state == "failed" and standing.error is not None:
            from aurarouter_gui.state.words import trouble

            words = f"{words}: {trouble(standing.error).what}"
        self.setText(words if len(words) < 110 else f"{words[:108]} …")
        self.setToolTip(words)
