"""The panels of the window: ours, and those that other plugins bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aurarouter_gui.panel import Panel
from aurarouter_gui.views import icons
from aurarouter_gui.views.panel_view import PanelView

if TYPE_CHECKING:
    from aurarouter_core import Plugins
    from aurarouter_gui.views.desk import Desk


def _workspace(desk: Desk) -> PanelView:
    from aurarouter_gui.views.workspace import WorkspaceView

    return WorkspaceView(desk)


def _routing(desk: Desk) -> PanelView:
    from aurarouter_gui.views.routing import RoutingView

    return RoutingView(desk)


def _models(desk: Desk) -> PanelView:
    from aurarouter_gui.views.models import ModelsView

    return ModelsView(desk)


def _configuration(desk: Desk) -> PanelView:
    from aurarouter_gui.views.configuration import ConfigurationView

    return ConfigurationView(desk)


def _monitor(desk: Desk) -> PanelView:
    from aurarouter_gui.views.monitor import MonitorView

    return MonitorView(desk)


def _services(desk: Desk) -> PanelView:
    from aurarouter_gui.views.services import ServicesView

    return ServicesView(desk)


OURS = (
    Panel(
        id="workspace",
        title="Workspace",
        icon=icons.WORKSPACE,
        factory=_workspace,
        order=10,
        tip="Ask, and see where a prompt goes",
    ),
    Panel(
        id="routing",
        title="Routing",
        icon=icons.ROUTING,
        factory=_routing,
        order=20,
        tip="Who does which kind of work",
    ),
    Panel(
        id="models",
        title="Models",
        icon=icons.MODELS,
        factory=_models,
        order=30,
        tip="What there is, how it is, and more of it",
    ),
    Panel(
        id="configuration",
        title="Configuration",
        icon=icons.CONFIGURATION,
        factory=_configuration,
        order=40,
        tip="Every setting, and where it comes from",
    ),
    Panel(
        id="monitor",
        title="Monitor",
        icon=icons.MONITOR,
        factory=_monitor,
        order=60,
        tip="How models are, traffic, cost, privacy, traces",
    ),
    Panel(
        id="services",
        title="Services",
        icon=icons.SERVICES,
        factory=_services,
        order=70,
        tip="What runs on this machine: start, pause, stop",
    ),
)


def panels(plugins: Plugins | None, environment: str) -> Sequence[Panel]:
    """All panels, in order. One that a plugin brings stands in the place of ours with the same id.

    Args:
        plugins: None while nobody knows them: for ours alone.
        environment: "local" or "auragrid".
    """
    answers = plugins.call_hook("gui_panels", environment=environment) if plugins else []
    brought = [panel for answer in answers for panel in answer]
    found: dict[str, Panel] = {}
    for panel in (*brought, *OURS):
        found.setdefault(panel.id, panel)
    return sorted(found.values(), key=lambda panel: (panel.order, panel.title))
