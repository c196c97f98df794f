"""Charts of figures over time. The chart library is imported when the first one is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from aurarouter_gui.views.parts import heading, label, row

if TYPE_CHECKING:
    from aurarouter_gui.views.desk import Desk
    from aurarouter_gui.views.palette import Colours

A_DAY = 86400.0
FULL = 0.8
"""Share of a stretch that its bar takes up."""
HEAD_ROOM = 1.15


class BarChart(QWidget):
    """Bars over time, one series upon the other.

    Args:
        desk: For the colours.
        title: What is shown.
        series: Name → colour of each series, as a name of `palette.Colours`, from the bottom.
    """

    def __init__(self, desk: Desk, title: str, series: dict[str, str]) -> None:
        import pyqtgraph

        super().__init__()
        self._desk, self._series = desk, series
        self._shown: tuple[float, float, float, Sequence[tuple[float, Sequence[float]]]] = (0.0, 1.0, 1.0, ())
        self._legend = {name: heading("") for name in series}
        axis = pyqtgraph.DateAxisItem(orientation="bottom")
        self.plot = pyqtgraph.PlotWidget(axisItems={"bottom": axis})
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setAccessibleName(title)
        self.plot.setMinimumHeight(110)
        self.plot.plotItem.setContentsMargins(0, self.fontMetrics().height() // 2, 0, 0)  # for a number at the top
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row(heading(title), None, *self._legend.values(), spacing=14))
        layout.addWidget(self.plot, 1)
        self.empty = label(tone="muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.empty, 1)
        self._bars: list[Any] = []
        desk.restyled.connect(self._draw)

    @property
    def bars(self) -> Sequence[tuple[float, Sequence[float]]]:
        """What is drawn: when each stretch begins, and its value in each series."""
        return self._shown[3]

    def show_bars(
        self,
        since: float,
        until: float,
        step: float,
        bars: Sequence[tuple[float, Sequence[float]]],
        *,
        empty: str,
        said: Callable[[float], str] = "{:,.0f}".format,
    ) -> None:
        """Draw these.

        Args:
            since, until: The time that is shown, in Unix time.
            step: Seconds of a stretch.
            bars: When each stretch begins, and its value in each series.
            empty: What is said where there is no bar to draw: why.
            said: The words of a sum in the legend.
        """
        self._shown = (since, until, step, bars)
        for at, (name, words) in enumerate(self._legend.items()):
            total = sum(values[at] for _, values in bars)
            words.setText(f"■ {name} {said(total)}")
        drawn = any(value for _, values in bars for value in values)
        self.empty.setText(empty)
        self.empty.setVisible(not drawn)
        for part in (self.plot, *self._legend.values()):
            part.setVisible(drawn)
        self._draw()

    def _draw(self) -> None:
        import pyqtgraph

        colours: Colours = self._desk.colours
        since, until, step, bars = self._shown
        self.plot.setBackground(colours.surface)
        for side in ("left", "bottom"):
            line = self.plot.getAxis(side)
            line.setPen(colours.line)
            line.setTextPen(colours.muted)
        for (_, tone), words in zip(self._series.items(), self._legend.values(), strict=True):
            words.setStyleSheet(f"color: {getattr(colours, tone)}")
        for item in self._bars:
            self.plot.removeItem(item)
        self._bars = []
        base = [0.0] * len(bars)
        for at, tone in enumerate(self._series.values()):
            heights = [values[at] for _, values in bars]
            item = pyqtgraph.BarGraphItem(
                x0=[began + step * (1 - FULL) / 2 for began, _ in bars],
                y0=base,
                width=step * FULL,
                height=heights,
                pen=None,
                brush=getattr(colours, tone),
            )
            self.plot.addItem(item)
            self._bars.append(item)
            base = [below + height for below, height in zip(base, heights, strict=True)]
        end = max([until, *(began + step for began, _ in bars)])  # the last stretch has hardly begun, maybe
        self.plot.setXRange(since, end, padding=0.01)
        self.plot.setYRange(0, max(base, default=0.0) * HEAD_ROOM or 1.0, padding=0)


def day_began(day: str) -> float:
    """When a day in UTC begins on the wall of this machine, so that an axis of local time shows that day."""
    return time.mktime(time.strptime(day, "%Y-%m-%d"))
