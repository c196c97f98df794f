"""The monitor's second tab: what was asked over time, what it cost, and what was saved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from aurarouter_gui.state.monitor import A_DAY, DAYS, RANGES
from aurarouter_gui.state.monitor_parts import TrafficPart
from aurarouter_gui.state.words import counted, dollars, trouble
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.parts import label, nameless, row

if TYPE_CHECKING:
    from aurarouter_gui.views.charts import BarChart

NOTHING = "No tasks in this time"
COUNTED = "Nothing was asked. Every task counts, from any program of yours, and is drawn here when it has ended."

UNPRICED = "No price is known of what was asked. A model's price is set under Configuration: models.NAME.price."


class TrafficView(QWidget):
    """Two charts below their sums."""

    def __init__(self, desk: Desk, again: Callable[[], None]) -> None:
        super().__init__()
        self.part = TrafficPart()
        self._desk = desk
        self._asked = False
        self.verdict = label(look="bold")
        self.costs = label(tone="muted")
        self.period = QComboBox()
        nameless(self.period, "Time that is shown")
        self.period.addItems(list(RANGES))
        self.period.currentIndexChanged.connect(lambda _: again())
        self.tasks: BarChart | None = None
        self.money: BarChart | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 12, 12, 12)
        self._layout.setSpacing(8)
        head = row(self.verdict, self.period)
        head.setStretch(0, 1)
        self._layout.addLayout(head)
        self._layout.addWidget(self.costs)
        self._rest = label()
        self._layout.addWidget(self._rest, 1)

    def show_part(self, part: TrafficPart) -> None:
        """Show these; the charts come when their library is there."""
        self.part = part
        failed = f", {part.failed:,} failed" if part.failed else ", none failed"
        some = f"{counted(part.tasks, 'task')}{failed}"
        self.verdict.setText(some if part.tasks else NOTHING)
        self.costs.setText(_costs(part))
        if self.tasks is not None:
            self._draw()
        elif not self._asked:
            self._asked = True
            work = asyncio.to_thread(import_module, "pyqtgraph")  # it takes a moment, in which the window goes on
            self._desk.worker.begin(work, lambda _: self._make(), self._failed)

    def _make(self) -> None:
        from aurarouter_gui.views.charts import BarChart

        self.tasks = BarChart(self._desk, "Tasks", {"answered": "accent", "failed": "bad"})
        self.money = BarChart(self._desk, f"US dollars a day, last {DAYS} days", {"spent": "warn", "saved": "good"})
        self._rest.hide()
        self._layout.addWidget(self.tasks, 1)
        self._layout.addWidget(self.money, 1)
        self._draw()

    def _failed(self, error: BaseException) -> None:
        self._rest.setText(f"No charts can be drawn: {trouble(error).what}")

    def _draw(self) -> None:
        from aurarouter_gui.views.charts import day_began

        part, now = self.part, time.time()
        assert self.tasks is not None  # noqa: S101 - they are made together, before this
        assert self.money is not None  # noqa: S101
        tasks = [(one["at"], (one["tasks"] - one["failed"], one["failed"])) for one in part.stretches]
        self.tasks.show_bars(part.since, now, part.step, tasks, empty=COUNTED)
        days = [
            (day_began(str(day["day"])), (day["cost"] or 0.0, max(0.0, day.get("saved") or 0.0))) for day in part.days
        ]
        self.money.show_bars(now - DAYS * A_DAY, now, A_DAY, days, empty=_free(part), said=dollars)


def _free(part: TrafficPart) -> str:
    """Why there is no cost to draw."""
    if not part.days:
        return f"Nothing was asked in the last {DAYS} days."
    return UNPRICED if part.unpriced else f"What was asked in the last {DAYS} days cost nothing."


def _costs(part: TrafficPart) -> str:
    """What the last days cost, with what nobody knows of it."""
    tokens = sum(day["input_tokens"] + day["output_tokens"] for day in part.days)
    words = [f"Last {DAYS} days: {tokens:,} tokens"]
    if part.cost is None:
        words.append("cost unknown" if part.unpriced else "no cost")
    else:
        more = f", and more: the price of {counted(part.unpriced, 'attempt')} is unknown" if part.unpriced else ""
        words.append(f"{dollars(part.cost)} spent{more}")
    if part.reference and part.saved is not None:
        side = "saved" if part.saved >= 0 else "spent more"
        words.append(f"{dollars(abs(part.saved))} {side} against {part.reference}")
    elif not part.reference:
        words.append("budget.reference names a model to compare with")
    if part.spared:
        words.append(f"{dollars(part.spared)} spared by answers that no backend was asked for")
    return "   ·   ".join(words)
