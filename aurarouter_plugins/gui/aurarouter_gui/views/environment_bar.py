"""The toolbar: which environment the panels are for, this machine or the cell that it belongs to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout

from aurarouter_gui.opening import GRID, has_grid
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.parts import naming

NAMES = {"local": "Local", GRID: "AuraGrid"}
TIP = "Local: this machine alone. AuraGrid: the cell that it belongs to."


class EnvironmentBar(QFrame):
    """A list of environments.

    Args:
        desk: Knows which one is chosen.
        turn_to: Told which one the user wants.
    """

    def __init__(self, desk: Desk, turn_to: Callable[[str], None]) -> None:
        super().__init__()
        self._desk, self._turn_to = desk, turn_to
        self.setObjectName("bar")
        self.box = QComboBox()
        self.box.setToolTip(TIP)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for name, title in NAMES.items():
            self.box.addItem(title, name)
        self.show_environment()
        self.box.activated.connect(self._chosen)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.setSpacing(8)
        layout.addStretch(1)
        layout.addWidget(naming("Environment", self.box))
        layout.addWidget(self.box)

    def show_missing(self) -> None:
        """Say it, if there is no plugin for a cell. Asks for all plugins."""
        if not has_grid(self._desk.plugins):
            self.box.setItemText(self.box.findData(GRID), f"{NAMES[GRID]} (not installed)")

    def show_environment(self) -> None:
        """Show which one is chosen."""
        self.box.setCurrentIndex(self.box.findData(self._desk.environment))

    def _chosen(self, _: int) -> None:
        name = str(self.box.currentData())
        if name == GRID and not has_grid(self._desk.plugins):
            from PySide6.QtWidgets import QMessageBox

            from aurarouter_core import install_hint

            self.show_environment()
            QMessageBox.information(
                self, "AuraGrid is not installed", f"The panels of a cell come with a plugin.\n\n{install_hint(GRID)}"
            )
            return
        self._turn_to(name)
