"""The execution as a graph: a box for each piece of work, drawn while it happens; a click shows the details."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsScene,
    QGraphicsSceneMouseEvent,
    QGraphicsView,
    QStyleOptionGraphicsItem,
    QWidget,
)

from aurarouter_gui.state.graph import Graph, Vertex
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.palette import Colours

PADDING = 10.0
GAP = 16.0
DOWN = 26.0
WIDEST = 230.0


class Box(QGraphicsItem):
    """One piece of work."""

    def __init__(self, view: GraphView, name: str, vertex: Vertex) -> None:
        super().__init__()
        self.name = name
        self._view = view
        self._vertex = vertex
        self.setToolTip(f"{vertex.title}\n{vertex.line}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Its place, with the pen's width."""
        size = self._view.box
        return QRectF(-1.5, -1.5, size.width() + 3, size.height() + 3)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Title and line, in the colours of how it is."""
        size, colours = self._view.box, self._view.desk.colours
        ground, edge = _look(self._vertex, colours)
        chosen = self._view.chosen == self.name
        painter.setPen(QPen(QColor(colours.accent if chosen else edge), 2.5 if chosen else 1.2))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()), 7, 7)
        font = self._view.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        metrics = QFontMetricsF(font)
        room = size.width() - 2 * PADDING
        end = Qt.TextElideMode.ElideRight
        painter.drawText(
            QPointF(PADDING, PADDING + metrics.ascent()), metrics.elidedText(self._vertex.title, end, room)
        )
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(colours.muted if self._vertex.state != "failed" else colours.bad))
        metrics = QFontMetricsF(font)
        baseline = size.height() - PADDING - metrics.descent()
        painter.drawText(QPointF(PADDING, baseline), metrics.elidedText(self._vertex.line, end, room))

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show its details."""
        self._view.choose(self.name)
        event.accept()


def _look(vertex: Vertex, colours: Colours) -> tuple[str, str]:
    if vertex.state == "running":
        return colours.tint, colours.accent
    if vertex.state == "failed":
        return colours.bad_tint, colours.bad
    if vertex.state == "stopped":
        return colours.raised, colours.edge
    troubled = any(attempt.error is not None for attempt in vertex.attempts)
    return (colours.warn_tint, colours.warn) if troubled else (colours.good_tint, colours.good)


class GraphView(QGraphicsView):
    """Boxes in rows, each below what it waited for; arrow keys go from one to the next.

    Args:
        desk: For the colours.
        told: Told the id of the box that was chosen.
    """

    def __init__(self, desk: Desk, told: Callable[[str], None]) -> None:
        super().__init__()
        self.desk = desk
        self.chosen = ""
        self.box = QSize(190, 54)
        self._told = told
        self._graph = Graph()
        self._canvas = QGraphicsScene(self)
        self.setScene(self._canvas)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.setAccessibleName("Execution")
        desk.restyled.connect(lambda: self.show_graph(self._graph))

    def show_graph(self, graph: Graph) -> None:
        """Draw this graph."""
        self._graph = graph
        if self.chosen not in graph.vertices:
            self.chosen = ""
        self._canvas.clear()
        places = graph.places()
        widest = max((column for _, column in places.values()), default=0) + 1
        metrics = QFontMetricsF(self.font())
        room = (self.viewport().width() - 2 * GAP - (widest - 1) * GAP) / widest
        self.box = QSize(int(min(max(room, 120), WIDEST)), int(metrics.height() * 2 + 2 * PADDING + 4))
        corners = {name: self._corner(row, column, places) for name, (row, column) in places.items()}
        for parent, child in graph.edges():
            self._line(corners[parent], corners[child])
        for name, vertex in graph.vertices.items():
            item = Box(self, name, vertex)
            item.setPos(corners[name])
            self._canvas.addItem(item)
        bounds = self._canvas.itemsBoundingRect()
        self._canvas.setSceneRect(bounds.adjusted(0, -GAP, 0, GAP))

    def _corner(self, row: int, column: int, places: object) -> QPointF:
        assert isinstance(places, dict)  # noqa: S101 - ours
        beside = sum(1 for other, _ in places.values() if other == row)
        left = (column - (beside - 1) / 2) * (self.box.width() + GAP) - self.box.width() / 2
        return QPointF(left, row * (self.box.height() + DOWN))

    def _line(self, parent: QPointF, child: QPointF) -> None:
        begin = parent + QPointF(self.box.width() / 2, self.box.height())
        end = child + QPointF(self.box.width() / 2, 0)
        path = QPainterPath(begin)
        path.cubicTo(begin + QPointF(0, DOWN / 2), end - QPointF(0, DOWN / 2), end)
        self._canvas.addPath(path, QPen(QColor(self.desk.colours.edge), 1.4))

    def choose(self, name: str) -> None:
        """Show the details of this piece of work."""
        self.chosen = name
        self._canvas.update()
        self._told(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Down and Up, Right and Left: the next and the one before."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}
        step = steps.get(Qt.Key(event.key()))
        names = list(self._graph.vertices)
        if step is None or not names:
            super().keyPressEvent(event)
            return
        at = names.index(self.chosen) + step if self.chosen else 0
        self.choose(names[max(0, min(at, len(names) - 1))])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit the boxes into the new width."""
        super().resizeEvent(event)
        self.show_graph(self._graph)
