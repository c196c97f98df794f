"""The services panel: a card for each service of this machine, with its true state and what can be asked of it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from aurarouter_gui.service import DEEDS, Condition, Deed, Service
from aurarouter_gui.state.services import Services
from aurarouter_gui.state.words import sentence
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, heading, label, restyle, row

LOOK = 2000
"""Milliseconds between two looks, while the panel is shown; what ends by itself is told sooner."""
STATES = {
    "stopped": ("stopped", "muted"),
    "starting": ("starting …", "warn"),
    "running": ("running", "good"),
    "paused": ("paused: new work is refused", "warn"),
    "stopping": ("stopping …", "warn"),
    "failed": ("failed", "bad"),
    "elsewhere": ("runs elsewhere", "warn"),
}
TIPS: dict[Deed, str] = {
    "start": "Have it run",
    "pause": "Refuse new work with a clear answer; what runs goes on",
    "resume": "Take work again",
    "stop": "End it; what runs gets some seconds",
}


class ServicesView(PanelView):
    """What is shown is what the services themselves say."""

    HELP = """\
## Services

What runs on this machine. The **shared engine** runs models for all programs with this configuration; the others
answer clients of their own. Those that you start here end with the window.

**Pause** has a service refuse new work with a clear answer, while running work goes on; **Resume** takes that back.
A service that ends by itself is shown at once, with the last lines that it said.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.state = desk.services
        page = QWidget()
        inside = QVBoxLayout(page)
        inside.setContentsMargins(12, 12, 12, 12)
        inside.setSpacing(10)
        self.cards = {one.id: ServiceCard(one, self.state) for one in self.state.all}
        for each in self.cards.values():
            inside.addWidget(each)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK)
        self._clock.timeout.connect(self.state.look)
        self.state.heard.append(self._heard)
        self.destroyed.connect(_forgetting(self.state, self._heard))

    def arrive(self) -> None:
        """Look again and again."""
        self.state.look()
        self._clock.start()

    def leave(self) -> None:
        """Stop looking."""
        self._clock.stop()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Stop looking when the window closes, too."""
        self._clock.stop()
        super().hideEvent(event)

    def _heard(self) -> None:
        for each in self.cards.values():
            each.refresh()


def _forgetting(state: Services, hearer: object) -> object:
    return lambda: state.heard.remove(hearer)  # type: ignore[arg-type]


class ServiceCard(QFrame):
    """One service."""

    def __init__(self, service: Service, state: Services) -> None:
        super().__init__()
        self.setObjectName("card")
        self._service, self._services = service, state
        self.standing: QLabel = label(wraps=False)
        self.words = label(tone="muted", selectable=True)
        self.notice = Notice()
        self.buttons: dict[Deed, QPushButton] = {}
        for deed in DEEDS:
            button = QPushButton(deed.capitalize())
            button.setToolTip(TIPS[deed])
            button.setAccessibleName(f"{deed.capitalize()} {service.title}")
            button.clicked.connect(lambda _=False, asked=deed: state.ask(service.id, asked))
            self.buttons[deed] = button
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(6)
        layout.addLayout(row(heading(service.title), self.standing, None, *self.buttons.values()))
        layout.addWidget(label(sentence(service.tip), tone="muted"))
        layout.addWidget(self.words)
        layout.addWidget(self.notice)
        self.refresh()

    def refresh(self) -> None:
        """Show how it is now."""
        condition = self._services.conditions.get(self._service.id)
        shown = condition or Condition()
        words, tone = STATES[shown.state] if condition else ("…", "muted")
        self.standing.setText(words)
        if self.standing.property("tone") != tone:
            self.standing.setProperty("tone", tone)
            restyle(self.standing)
        self.words.setText(sentence(shown.words))
        self.words.setVisible(bool(shown.words))
        busy = self._service.id in self._services.busy
        for deed, button in self.buttons.items():
            button.setEnabled(deed in shown.can and (not busy or deed == "stop"))
        trouble = self._services.troubles.get(self._service.id)
        if trouble is not None:
            self.notice.trouble(trouble)
            if shown.log:
                self.notice.tell(sentence(trouble.what), "", shown.log, ground="bad")
        elif shown.state == "failed" and shown.log:
            self.notice.tell("Its last words", "", shown.log, ground="bad")
        else:
            self.notice.hide()
