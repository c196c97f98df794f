"""The page of a panel: a widget with what the window needs of it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


class PanelView(QWidget):
    """Override what you need; see `aurarouter_gui.panel`."""

    HELP = ""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")

    def arrive(self) -> None:
        """It is shown."""

    def leave(self) -> None:
        """It is hidden."""

    def escape(self) -> bool:
        """Esc was pressed: cancel what runs; False when there was nothing to cancel."""
        return False

    def unsaved(self) -> str:
        """What would be lost if it were closed, as the end of "You have not saved …"; "" for nothing."""
        return ""

    def end(self) -> None:
        """Another environment is chosen: let go of what outlives the panel. It is never shown again."""
