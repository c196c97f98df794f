"""The workspace: ask, and see where the prompt goes, who answers, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from aurarouter_gui.views.answers import Answers
from aurarouter_gui.views.composer import Composer
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.pages import Column
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card
from aurarouter_gui.views.route_view import RouteView

if TYPE_CHECKING:
    from aurarouter_gui.state.link import Standing
    from aurarouter_gui.state.preview import Shown
    from aurarouter_gui.state.run import Run
    from aurarouter_gui.state.talk import Fill
    from aurarouter_gui.state.words import Trouble
    from aurarouter_gui.state.workspace import Choices, Workspace
    from aurarouter_gui.views.execution_view import ExecutionView
    from aurarouter_gui.views.history_view import HistoryView

LATER = ("Execution", "History")
"""The tabs that show what the kernel did."""


class WorkspaceView(PanelView):
    """Answers at the left, the prompt below them, the route and the execution at the right.

    The prompt can be written as soon as the page is drawn. What belongs to the kernel joins when the desk is ready, and
    what was written and asked for until then is taken up.
    """

    joined = False
    state: Workspace
    execution: ExecutionView
    history: HistoryView

    HELP = """\
## Workspace

Write a prompt. While you write, **Route** shows where it would go and why; nothing is sent yet.
**Run** asks the models in that order. **Execution** draws what happens: each analysis, plan, step, review and
answer with its model, time and errors. Click a box for the details.

**History** lists every task of yours, from any program; choose one to see how it went. With *Conversation* each
question knows what was said before, and the bar shows how full the model's context is.

*Intent*, *Role* and *Model* are left to the router unless you choose. *Private* sends the prompt only to models that
are cleared for private content; so does whatever the privacy rules detect.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.composer = Composer()
        self.composer.written.connect(self._written)
        self.composer.wished.connect(self._wished)
        self.composer.run.connect(self.send)
        self.composer.conversed.connect(self._conversed)
        self.composer.stop.connect(self.escape)
        self.route = RouteView()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.route, "Route")
        self.notice = Notice()
        self.answers = Answers(desk)
        self._lay_out()
        self._eager = False
        if desk.ready:
            self._join()
        else:
            for title in LATER:
                self.tabs.setTabEnabled(self.tabs.addTab(QWidget(), title), False)
            desk.gathered.connect(self._join)

    def _join(self) -> None:
        """Bring in what belongs to the kernel."""
        from aurarouter_gui.state.workspace import Listeners, Workspace
        from aurarouter_gui.views.execution_view import ExecutionView
        from aurarouter_gui.views.history_view import HistoryView

        told = Listeners(
            preview=self._previewed, run=self._ran, fill=self._filled, choices=self._offered, trouble=self._troubled
        )
        self.state = Workspace(self.desk.link, told)
        self.execution = ExecutionView(self.desk)
        self.history = HistoryView(self.desk)
        self.history.chosen.connect(self._remember)
        while self.tabs.count() > 1:
            self.tabs.removeTab(1)
        for title, page in zip(LATER, (self.execution, self.history), strict=True):
            self.tabs.addTab(page, title)
        self.tabs.currentChanged.connect(self._turned)
        self.desk.link.heard.append(self._stands)
        self.desk.reloaded.connect(self.state.refresh)
        self.joined = True
        self._take_up()

    def _take_up(self) -> None:
        """What the user has done before there was a kernel."""
        composer = self.composer
        for name, value in (("mode", composer.mode.currentData()), ("private", composer.private.isChecked())):
            self.state.wish(**{name: value})
        if composer.chat.isChecked():
            self.state.converse(True)
        if composer.prompt.toPlainText():
            self._written(composer.prompt.toPlainText())
        if self.isVisible():
            self.state.refresh()
        if self._eager:
            self.send()

    def _lay_out(self) -> None:
        left = Column()
        aside, inside = card(margin=0)
        self.parts = QSplitter()  # measures what it is given: by now next to nothing
        self.parts.addWidget(left)
        self.parts.addWidget(aside)
        self.parts.setStretchFactor(0, 5)
        self.parts.setStretchFactor(1, 2)
        self.parts.setHandleWidth(10)
        self.parts.setChildrenCollapsible(False)
        self.parts.setSizes([700, 330])
        page = QHBoxLayout(self)
        page.setContentsMargins(12, 12, 12, 12)
        page.addWidget(self.parts)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.notice)
        column.addWidget(self.answers, 1)
        column.addWidget(self.composer)
        inside.addWidget(self.tabs)

    # What the window does

    def arrive(self) -> None:
        """Ready to write, with what there is to choose from now."""
        if self.joined:
            self.state.refresh()
        self.composer.prompt.setFocus()

    def escape(self) -> bool:
        """Stop the answer that is on its way."""
        return self.joined and self.state.cancel()

    def end(self) -> None:
        """The engine goes on without it."""
        if self.joined:
            self.desk.link.heard.remove(self._stands)
        else:
            self.desk.gathered.disconnect(self._join)

    def unsaved(self) -> str:
        """An answer that is on its way would be lost."""
        return "the answer that is on its way" if self.joined and self.state.busy else ""

    # What the user does

    def _written(self, text: str) -> None:
        if self.joined:
            self.state.write(text)
        self.composer.set_busy(self.joined and self.state.busy)

    def _wished(self, name: str, value: object) -> None:
        if self.joined:
            self.state.wish(**{name: value})

    def _conversed(self, on: bool) -> None:
        if self.joined:
            self.state.converse(on)

    def send(self) -> None:
        """Run the prompt; as soon as that can be done, and as it stands then."""
        if not self.joined:
            self._eager = True
            self.notice.tell("Starting …", "The prompt is run as soon as the engine's parts are loaded.")
            return
        run = self.state.send()
        if run is not None:
            self.tabs.setCurrentWidget(self.execution)
            self.composer.prompt.clear()

    def _turned(self, _: int) -> None:
        if self.tabs.currentWidget() is self.history:
            self.history.refresh()

    def _remember(self, trace: Mapping[str, Any]) -> None:
        """How a task of the history went."""
        from aurarouter_gui.state.graph import Graph

        self.execution.show_graph(Graph.of_plain(trace))
        self.tabs.setCurrentWidget(self.execution)

    # What is told

    def _filled(self, fill: Fill | None) -> None:
        self.composer.show_fill(fill)

    def _previewed(self, shown: Shown | None) -> None:
        from aurarouter_gui.state.clearance import badge

        self.route.show_route(shown)
        self.composer.show_badge(badge(shown.decision if shown else None))
        if shown is not None and not self.state.busy:
            self.tabs.setCurrentWidget(self.route)

    def _ran(self, run: Run) -> None:
        self.answers.show_run(run)
        if run is self.state.current:
            self.execution.follow(run.graph)
            if run.trace is not None:
                self.history.state.prompts[run.trace.id] = run.task.text
        self.composer.set_busy(self.state.busy)

    def _offered(self, choices: Choices) -> None:
        self.notice.hide()
        self.composer.offer(choices)

    def _troubled(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)

    def _stands(self, standing: Standing) -> None:
        if standing.state == "lost":
            self.notice.tell("The shared engine has ended", "The next call starts a new one.", ground="warn")
        elif standing.state == "ready":
            self.notice.hide()
