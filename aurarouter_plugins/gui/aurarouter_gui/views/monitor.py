"""The monitor panel: how models are, traffic and cost, where private data went, and what became of each task."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFileDialog, QTabWidget, QVBoxLayout, QWidget

from aurarouter_gui.state.monitor import Listeners, Monitor
from aurarouter_gui.state.words import Trouble
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.monitor_health import HealthView
from aurarouter_gui.views.monitor_privacy import PrivacyView
from aurarouter_gui.views.monitor_traces import TracesView
from aurarouter_gui.views.monitor_traffic import TrafficView
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card, plain_button, row

LOOK = 5000
"""Milliseconds between two looks, while the panel is shown."""


class MonitorView(PanelView):
    """Four tabs; the one that is shown is kept fresh, and any can be written to a file."""

    HELP = """\
## Monitor

**Health** says how each model is now, and how it did in the latest tasks: the share of attempts that failed, the
median time, the last error, and whether its circuit breaker lets tasks through.

**Traffic** shows what was asked over time, and what that cost. With `budget.reference` it says what the same tokens
would have cost there.

**Privacy** lists every attempt with private data in it: which rule found it, who was meant to have it, and whether it
was sent. Rows name rules, never text. **Traces** lists the latest tasks; select one to see how it went.

**Export CSV** writes what the tab shows to a file.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.health, self.traffic = HealthView(desk), TrafficView(desk, self._again)
        self.privacy, self.traces = PrivacyView(desk, self._again), TracesView(desk, self._again)
        told = Listeners(
            health=self.health.show_part,
            traffic=self.traffic.show_part,
            privacy=self.privacy.show_part,
            traces=self.traces.show_part,
            written=self._written,
            unread=self._unread,
            trouble=self._troubled,
        )
        self.state = Monitor(desk.link, told)
        self._looks = {
            self.health: self.state.look_at_health,
            self.traffic: self.state.look_at_traffic,
            self.privacy: self.state.look_at_privacy,
            self.traces: self.state.look_at_traces,
        }
        self.notice = Notice()
        self._broken = False  # and the notice says so
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, page in (
            ("Health", self.health),
            ("Traffic", self.traffic),
            ("Privacy", self.privacy),
            ("Traces", self.traces),
        ):
            self.tabs.addTab(page, title)
        self.tabs.currentChanged.connect(lambda _: self.look())
        self.export_button = plain_button("Export CSV", "Write what this tab shows to a file")
        self.export_button.clicked.connect(lambda _=False: self._ask_file())
        corner = QWidget()
        around = row(self.export_button)
        around.setContentsMargins(0, 0, 10, 4)
        corner.setLayout(around)
        self.tabs.setCornerWidget(corner)
        frame, inside = card(margin=0)
        inside.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK)
        self._clock.timeout.connect(self.look)
        desk.reloaded.connect(self._reloaded)

    def arrive(self) -> None:
        """Look again and again."""
        self.look()
        self._clock.start()

    def leave(self) -> None:
        """Stop looking."""
        self._clock.stop()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Stop looking when the window closes, too."""
        self._clock.stop()
        super().hideEvent(event)

    @property
    def page(self) -> HealthView | TrafficView | PrivacyView | TracesView:
        """The tab that is shown."""
        page = self.tabs.currentWidget()
        assert isinstance(page, HealthView | TrafficView | PrivacyView | TracesView)  # noqa: S101 - no others are added
        return page

    def look(self) -> None:
        """Read what the tab shows anew."""
        self._looks[self.page]()

    def _again(self) -> None:
        """The user wants to see something else."""
        self.state.period = self.traffic.period.currentText()
        self.state.remote = self.privacy.remote.isChecked()
        self.state.failed = self.traces.failed.isChecked()
        self.look()

    def _reloaded(self) -> None:
        if self._clock.isActive():
            self.look()

    def _ask_file(self) -> None:
        sheet = self.page.part.sheet
        path, _ = QFileDialog.getSaveFileName(self, "Export", f"aurarouter-{sheet.name}.csv", "CSV files (*.csv)")
        if path:
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write what the tab shows to this file."""
        self.state.export(self.page.part.sheet, path)

    def _written(self, path: Path) -> None:
        self.notice.hide()
        self.desk.say(f"Written to {path}")

    def _unread(self, trouble: Trouble | None) -> None:
        if trouble is not None or self._broken:
            self.notice.trouble(trouble)
        self._broken = trouble is not None

    def _troubled(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)
        self._broken = False
