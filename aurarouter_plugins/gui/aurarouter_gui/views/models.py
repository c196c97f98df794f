"""The models panel: what there is and how it is; adding, importing, fetching, testing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from aurarouter_gui.state.model_fetch import Fetching, Found
from aurarouter_gui.state.model_fetch import Listeners as FetchListeners
from aurarouter_gui.state.model_row import ModelRow
from aurarouter_gui.state.model_test import ModelTest, Outcome
from aurarouter_gui.state.models import Listeners, Models
from aurarouter_gui.state.transfer import Progress
from aurarouter_gui.state.words import Trouble
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.models_fetch import FetchView
from aurarouter_gui.views.models_list import ModelsListView
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card

LOOK = 5000
"""Milliseconds between two looks at how the models are, while the panel is shown."""


class ModelsView(PanelView):
    """Two tabs; what went wrong is said above them."""

    HELP = """\
## Models

**Models** lists every configured model: what reaches it, where it runs, how it is, and the roles that name it. How
they are is asked anew every few seconds. **Test** asks the selected model for one word, for real: this can cost money.

**Get models** finds model files in the catalogue and on Hugging Face. A download that was stopped or broken off goes
on where it stopped. **Import file** makes a GGUF file of this machine a model; the file stays where it is.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        told = Listeners(rows=self._listed, unread=self._unread, done=self._did, trouble=self._troubled)
        self.state = Models(desk.link, told)
        self.test = ModelTest(desk.link, self._tested)
        fetched = FetchListeners(found=self._found, progress=self._fetched, trouble=self._not_found)
        self.fetching = Fetching(desk.link, self.state.router, fetched)
        self.list = ModelsListView(desk, self.state, self.test)
        self.fetch = FetchView(self.fetching)
        self.notice = Notice()
        self._broken = False  # and the notice says so
        self.tabs = QTabWidget()
        self.list.wants_more.connect(lambda: self.tabs.setCurrentWidget(self.fetch))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.list, "Models")
        self.tabs.addTab(self.fetch, "Get models")
        self.tabs.currentChanged.connect(lambda _: self._turned())
        frame, inside = card(margin=0)
        inside.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        self._clock = QTimer(self)
        self._clock.setInterval(LOOK)
        self._clock.timeout.connect(self.state.look)
        desk.reloaded.connect(self.state.refresh)

    def arrive(self) -> None:
        """Show which models there are by now, and look at how they are, again and again."""
        self.state.refresh()
        self._clock.start()

    def leave(self) -> None:
        """Stop looking."""
        self._clock.stop()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Stop looking when the window closes, too."""
        self._clock.stop()
        super().hideEvent(event)

    def escape(self) -> bool:
        """Stop the test, or the download that is shown."""
        return self.test.cancel() or (self.tabs.currentWidget() is self.fetch and self.fetching.transfer.stop())

    def unsaved(self) -> str:
        """The form of a model that is open; a download that is on its way, of which what is here is kept."""
        lost = ["the model that is being written"] if self.list.writes else []
        lost += ["the download that is on its way (it goes on later)"] if self.fetching.transfer.running else []
        return " and ".join(lost)

    def _turned(self) -> None:
        if self.tabs.currentWidget() is self.fetch:
            self.fetch.begin()

    def _listed(self, rows: Sequence[ModelRow]) -> None:
        self.list.show_rows(rows)

    def _unread(self, trouble: Trouble | None) -> None:
        if trouble is not None or self._broken:
            self.notice.trouble(trouble)
        self._broken = trouble is not None

    def _did(self, words: str, warnings: Sequence[str]) -> None:
        self.notice.hide()
        if warnings:
            self.notice.tell(words, "", "\n".join(warnings), ground="warn")
        else:
            self.desk.say(words)
        self.desk.reloaded.emit()

    def _tested(self, outcome: Outcome) -> None:
        self.list.show_test(outcome)
        if outcome.state != "running":
            self.state.refresh()  # its file may have been fetched

    def _found(self, found: Sequence[Found]) -> None:
        self.notice.hide()
        self.fetch.show_found(found)

    def _fetched(self, progress: Progress) -> None:
        self.fetch.card.show_progress(progress)
        self.fetch.enable()
        if progress.state == "done":
            self.desk.say(progress.words)
            self.desk.reloaded.emit()

    def _not_found(self, trouble: Trouble) -> None:
        self.fetch.show_found(())
        self._troubled(trouble)

    def _troubled(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)
        self._broken = False
        self.list.enable()
