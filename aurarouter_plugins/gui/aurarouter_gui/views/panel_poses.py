"""How the panels of routing, models and configuration look in their pictures; nothing is written for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Pose = Iterator[tuple[str, Callable[[], bool]]]
PROMPT = "Refactor this function, then explain how it works. My card is 4539 1488 0343 6467."


def _routing(view: Any) -> Pose:
    """Roles with an order that is not saved, the simulator at work, verbs, and the last intent."""
    yield "roles", lambda: view.roles.list.count() > 0
    roles = view.state.chains.roles
    view.roles.show_roles(max(roles, key=lambda role: len(roles[role]), default=""))
    view.roles.chain.setCurrentRow(1)
    view.roles.up.click()
    yield "edited", lambda: True
    view.roles.discard.click()
    view.tabs.setCurrentWidget(view.simulator)
    view.simulator.prompt.setPlainText(PROMPT)
    yield "simulator", lambda: view.state.simulator.shown is not None
    view.tabs.setCurrentWidget(view.verbs)
    yield "verbs", lambda: True
    view.tabs.setCurrentWidget(view.intents)
    view.intents.list.setCurrentRow(view.intents.list.count() - 1)
    yield "intents", lambda: view.intents.list.count() > 0


def _models(view: Any) -> Pose:
    """The list with the last model selected, and what can be fetched."""
    yield "list", lambda: bool(view.state.rows) and all(row.health for row in view.state.rows)
    view.list.table.setCurrentCell(len(view.state.rows) - 1, 0)
    yield "details", lambda: True
    view.tabs.setCurrentWidget(view.fetch)
    yield "get", lambda: not view.fetching.searching


def _configuration(view: Any) -> Pose:
    """A setting that is selected, and a text with a problem."""
    yield "settings", lambda: bool(view.state.view.settings)
    view.form.select("system", "retries")
    yield "setting", lambda: True
    view.tabs.setCurrentIndex(1)
    broken = f"{view.text.toPlainText()}\nsytem: {{retries: 2}}\n"
    view.text.replace(broken)
    yield "problem", lambda: view.state.view.text == broken
    view.discard.click()
    yield "text", lambda: not view.state.changed and view.state.view.text == view.state.text


def _monitor(view: Any) -> Pose:
    """Every tab, once it knows something; nothing is selected that wasn't."""
    yield "health", lambda: bool(view.health.part.models)
    view.tabs.setCurrentWidget(view.traffic)
    view.traffic.period.setCurrentIndex(1)
    yield "traffic", lambda: view.traffic.tasks is not None and view.traffic.part.step > 60
    view.tabs.setCurrentWidget(view.privacy)
    yield "privacy", lambda: view.privacy.part.since is not None
    view.tabs.setCurrentWidget(view.traces)
    yield "traces", lambda: bool(view.traces.part.traces)


def _services(view: Any) -> Pose:
    """As they are; nothing is started for a picture."""
    yield "", lambda: bool(view.state.conditions)


def _cell(view: Any) -> Pose:
    """Once the cell has told how it is."""
    yield "", lambda: view.reached


def _deployment(view: Any) -> Pose:
    """The nodes, and the servers that were found on their machines."""
    yield "", lambda: view.reached
    view.tabs.setCurrentIndex(1)
    yield "servers", lambda: True


def _cell_models(view: Any) -> Pose:
    """What the cell keeps."""
    view.tabs.setCurrentWidget(view.cell)
    yield "grid", lambda: bool(view.cell.table.lines)


def _cell_settings(view: Any) -> Pose:
    """Once the cell has told them."""
    yield "cell", lambda: view.state.version is not None


POSES: Mapping[str, Callable[[Any], Pose]] = {
    "routing": _routing,
    "models": _models,
    "configuration": _configuration,
    "monitor": _monitor,
    "services": _services,
    "auragrid:cell_status": _cell,
    "auragrid:deployment": _deployment,
    "auragrid:models": _cell_models,
    "auragrid:configuration": _cell_settings,
}
"""Panel id → what to do before each picture, as in `shooting.POSES`."""
