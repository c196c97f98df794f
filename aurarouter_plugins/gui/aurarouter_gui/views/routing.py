"""The routing panel: roles and chains, the simulator, words and kinds of task."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QVBoxLayout

from aurarouter_core import Amendment
from aurarouter_gui.state.routing import Listeners, Picture, Routing
from aurarouter_gui.state.words import Trouble
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.panel_view import PanelView
from aurarouter_gui.views.parts import Notice, card
from aurarouter_gui.views.routing_intents import IntentsView
from aurarouter_gui.views.routing_roles import RolesView
from aurarouter_gui.views.routing_simulator import SimulatorView
from aurarouter_gui.views.routing_verbs import VerbsView


class RoutingView(PanelView):
    """Four tabs; what went wrong is said above them."""

    HELP = """\
## Routing

**Roles** shows who does which kind of work. The models of a role are tried from the top: the first that answers
wins. Drag one to another place, or use Up and Down; add and remove act on the model that is selected. Nothing is in
force before you save.

**Simulator** shows where a prompt would go with the configuration in force: each stage, its score and time, who is
ruled out and why, and the order. No model is called.

**Verbs** are words that make a task likelier to get a role. **Intents** are kinds of task of your own: a handful of
examples is enough to tell others like them.
"""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        told = Listeners(
            picture=self._read,
            saved=self._saved,
            simulated=self._simulated,
            trouble=self._troubled,
            unread=self._unread,
        )
        self.state = Routing(desk.link, told)
        self.roles = RolesView(self.state, self._edited)
        self.simulator = SimulatorView(self.state)
        self.verbs = VerbsView(self.state)
        self.intents = IntentsView(self.state)
        self.notice = Notice()
        self._broken = False  # and the notice says so
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for title, page in (
            ("Roles", self.roles),
            ("Simulator", self.simulator),
            ("Verbs", self.verbs),
            ("Intents", self.intents),
        ):
            self.tabs.addTab(page, title)
        frame, inside = card(margin=0)
        inside.addWidget(self.tabs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(10)
        layout.addWidget(self.notice)
        layout.addWidget(frame, 1)
        desk.reloaded.connect(self.state.refresh)

    def arrive(self) -> None:
        """Show what the configuration says by now; what is being changed stays."""
        self.state.refresh()

    def unsaved(self) -> str:
        """Chains that were rearranged, words and intents that were written."""
        changed = self.state.chains.changed
        open_ends = [f"the chains of {', '.join(changed)}"] if changed else []
        open_ends += [f"the words for {', '.join(self.verbs.changed)}"] if self.verbs.changed else []
        count = len(self.intents.changed)
        open_ends += ["an intent" if count == 1 else f"{count} intents"] if count else []
        return " and ".join(open_ends)

    def _edited(self) -> None:
        self.notice.hide()

    def _read(self, picture: Picture) -> None:
        if picture.problems:
            count = len(picture.problems)
            title = "The configuration has a problem." if count == 1 else f"The configuration has {count} problems."
            self.notice.tell(title, "Correct them in Configuration.", "\n".join(picture.problems), ground="warn")
        elif self._broken:
            self.notice.hide()
        self._broken = bool(picture.problems)
        self.roles.show_roles()
        self.verbs.show_verbs(picture)
        self.intents.show_intents(picture)
        self.simulator.offer(picture)

    def _saved(self, amendment: Amendment) -> None:
        self.notice.hide()
        if amendment.warnings:
            self.notice.tell(f"Saved to {amendment.file}", "", "\n".join(amendment.warnings), ground="warn")
        else:
            self.desk.say(f"Saved to {amendment.file}")
        self.simulator.again()
        self.desk.reloaded.emit()

    def _simulated(self, shown: object) -> None:
        self.simulator.show_result()

    def _troubled(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)
        self._broken = False
        self.roles.enable()

    def _unread(self, trouble: Trouble) -> None:
        self.notice.trouble(trouble)
        self._broken = True
        self.roles.enable()
