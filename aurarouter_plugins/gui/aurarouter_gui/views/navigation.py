"""The side navigation: a place for each panel, help and theme below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from aurarouter_gui.views import icons
from aurarouter_gui.views.parts import label

if TYPE_CHECKING:
    from aurarouter_gui.panel import Panel
    from aurarouter_gui.views.desk import Desk


class Navigation(QWidget):
    """Buttons, one of which is down. They get their icons when one is chosen.

    Args:
        desk: For the colours.
        panels: In order.
        go: Told the id of the panel that was chosen.
    """

    def __init__(self, desk: Desk, panels: Sequence[Panel], go: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("nav")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self._buttons: dict[str, QToolButton] = {}
        self._icons: dict[QToolButton, str] = {}
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 14, 10, 10)
        layout.setSpacing(4)
        name = label("AuraRouter", bold=True, scale=1.15, wraps=False)
        name.setContentsMargins(10, 0, 10, 8)
        layout.addWidget(name)
        for number, panel in enumerate(panels, start=1):
            keys = f"  (Ctrl+{number})" if number <= 9 else ""
            button = self._place(panel.title, panel.icon, f"{panel.tip or panel.title}{keys}")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, chosen=panel.id: go(chosen))
            self._group.addButton(button)
            self._buttons[panel.id] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self.theme = self._place("Theme", icons.DARK, "Light or dark  (Ctrl+Shift+D)")
        self.help = self._place("Help", icons.HELP, "Help and keys  (F1)")
        layout.addWidget(self.theme)
        layout.addWidget(self.help)
        desk.restyled.connect(self._paint)

    def _place(self, title: str, strokes: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("place")
        button.setText(f" {title}")
        button.setToolTip(tip)
        button.setAccessibleName(title)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(icons.SIZE, icons.SIZE))
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icons[button] = strokes
        return button

    def _paint(self) -> None:
        self._icons[self.theme] = icons.LIGHT if self._desk.colours.dark else icons.DARK
        self.theme.setText(" Light" if self._desk.colours.dark else " Dark")
        for button, strokes in self._icons.items():
            colour = self._desk.colours.accent if button.isChecked() else self._desk.colours.muted
            button.setIcon(icons.icon(strokes, colour, self.devicePixelRatio()))

    def event(self, event: QEvent) -> bool:
        """Be as sharp on another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._paint()
        return super().event(event)

    def choose(self, name: str) -> None:
        """Show that this panel is chosen."""
        self._buttons[name].setChecked(True)
        self._paint()
