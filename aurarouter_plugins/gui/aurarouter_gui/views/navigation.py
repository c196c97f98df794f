"""The side navigation: a place for each panel, help and theme below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from aurarouter_gui.views import icons
from aurarouter_gui.views.parts import label, row

if TYPE_CHECKING:
    from aurarouter_gui.panel import Panel
    from aurarouter_gui.views.desk import Desk


class Place(QPushButton):
    """A button with room for an icon at its left, so that nothing moves when that comes.

    The icon is a label, since Qt's own, by its class alone, takes as long to come as all the buttons.
    """

    def __init__(self, title: str, strokes: str, tip: str) -> None:
        super().__init__(title)
        self.strokes = strokes
        self.setObjectName("place")
        self.setToolTip(tip)
        self.setAccessibleName(title)
        self.setProperty("focusPolicy", "TabFocus")
        self.picture: QLabel | None = None

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """With room for its text to get bold."""
        return super().sizeHint() + QSize(self.fontMetrics().horizontalAdvance(self.text()) // 7, 0)

    def paint(self, colour: str) -> None:
        """Draw the icon in this colour."""
        if self.picture is None:
            from PySide6.QtCore import Qt

            self.picture = QLabel()
            self.picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.picture.setFixedSize(icons.SIZE, icons.SIZE)
            inside = row(self.picture, None)
            inside.setContentsMargins(12, 0, 0, 0)
            self.setLayout(inside)
        self.picture.setPixmap(icons.pixmap(self.strokes, colour, self.devicePixelRatio()))


class Navigation(QFrame):
    """Buttons, one of which is down. They get their icons by `show_icons`, since drawing those loads Qt's SVG.

    Args:
        desk: For the colours.
        panels: In order.
        go: Told the id of the panel that was chosen.
    """

    def __init__(self, desk: Desk, panels: Sequence[Panel], go: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("nav")
        self._desk = desk
        self._buttons: dict[str, Place] = {}
        self._has_icons = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 14, 10, 10)
        layout.setSpacing(4)
        name = label("AuraRouter", look="large", wraps=False)
        name.setContentsMargins(10, 0, 10, 8)
        layout.addWidget(name)
        for number, panel in enumerate(panels, start=1):
            keys = f"  (Ctrl+{number})" if number <= 9 else ""
            button = Place(panel.title, panel.icon, f"{panel.tip or panel.title}{keys}")
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.clicked.connect(lambda _=False, chosen=panel.id: go(chosen))
            self._buttons[panel.id] = button
            layout.addWidget(button)
        layout.addStretch(1)
        self.theme = Place("Theme", icons.DARK, "Light or dark  (Ctrl+Shift+D)")
        self.help = Place("Help", icons.HELP, "Help and keys  (F1)")
        layout.addWidget(self.theme)
        layout.addWidget(self.help)
        desk.restyled.connect(self._paint)

    def show_icons(self) -> None:
        """From now on, and as sharp on any other screen."""
        self._has_icons = True
        self.installEventFilter(self)
        self._paint()

    def _paint(self) -> None:
        colours = self._desk.colours
        self.theme.setText("Light" if colours.dark else "Dark")
        if not self._has_icons:
            return
        self.theme.strokes = icons.LIGHT if colours.dark else icons.DARK
        for button in (*self._buttons.values(), self.theme, self.help):
            button.paint(colours.accent if button.isChecked() else colours.muted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Hear of another screen."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._paint()
        return super().eventFilter(watched, event)

    def choose(self, name: str) -> None:
        """Show that this panel is chosen."""
        self._buttons[name].setChecked(True)
        self._paint()
