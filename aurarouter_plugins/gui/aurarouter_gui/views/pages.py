"""The pages of a window, of which one is shown; where it doesn't fit, as with large letters, it scrolls."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from aurarouter_gui.views.panel_view import PanelView

SMALLEST = QSize(600, 480)


class Stack(QStackedWidget):
    """As large as the page that is shown needs; Qt's own goes by the largest of all."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """What the page needs."""
        page = self.currentWidget()
        return page.minimumSizeHint() if isinstance(page, QWidget) else QSize()

    def heightForWidth(self, _: int) -> int:  # noqa: N802 - Qt's name
        """What the page needs at least: Qt's own goes by what lists and charts would like to have."""
        return self.minimumSizeHint().height()


class Column(QWidget):
    """As high as its layout needs to be at its width, also in a splitter, which goes by the size for any width."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """What the layout needs."""
        smallest, inside = super().minimumSizeHint(), self.layout()
        if inside is not None and inside.hasHeightForWidth():
            smallest.setHeight(inside.minimumHeightForWidth(max(self.width(), smallest.width())))
        return smallest

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another width needs another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class Pages(QScrollArea):
    """Shows one page at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setProperty("focusPolicy", "NoFocus")
        self.setMinimumSize(SMALLEST)
        self._stack = Stack()
        self.setWidget(self._stack)

    @property
    def shown(self) -> PanelView | None:
        """The page that is shown; None before the first."""
        page = self._stack.currentWidget()
        return page if isinstance(page, PanelView) else None

    def show_page(self, page: PanelView) -> None:
        """Show this one."""
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        self._stack.updateGeometry()

    def drop(self, page: PanelView) -> None:
        """Take one away for good."""
        page.end()
        self._stack.removeWidget(page)
        page.deleteLater()
