"""The panel Models where a cell is shown: this machine's models, and beside them the cell's."""

from __future__ import annotations

from typing import Any

from aurarouter_auragrid.panels.grid_models_view import GridModelsView
from aurarouter_gui.views.models import ModelsView


class ModelsPage(ModelsView):
    """The window's own panel with one more section."""

    HELP = f"""{ModelsView.HELP}
**Grid models** lists the files that the cell keeps, and the nodes that have them. **Push file** has the cell keep a
file of this machine, **Pull** brings the selected one here. What was broken off goes on where it stopped. **Remove**
has the cell keep the selected one no longer; nodes that have its file keep theirs.
"""

    def __init__(self, desk: Any) -> None:
        super().__init__(desk)
        self.cell = GridModelsView(desk, self.state.router)
        self.cell.done.connect(desk.reloaded.emit)
        self.tabs.insertTab(1, self.cell, "Grid models")

    def escape(self) -> bool:
        """Stop the transfer that is shown, too."""
        return super().escape() or (self.cell.isVisible() and self.cell.state.transfer.stop())

    def unsaved(self) -> str:
        """A transfer that is on its way, too: what has come is kept."""
        own = "the file on its way to or from the cell (it goes on later)" if self.cell.state.transfer.running else ""
        return " and ".join(filter(None, (super().unsaved(), own)))
