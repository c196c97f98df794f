"""The panels that this plugin brings to the desktop window, described without Qt."""

from __future__ import annotations

from typing import Any

from aurarouter_gui.panel import Panel

DEPLOYMENT = '<rect x="3" y="4" width="7" height="7"/><rect x="14" y="4" width="7" height="7"/><path d="M12 20v-6"/>'
MODELS = '<path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M4 7.5l8 4.5 8-4.5M12 12v9"/>'
SETTINGS = '<path d="M4 7h10M18 7h2M4 17h2M10 17h10"/><circle cx="16" cy="7" r="2"/><circle cx="8" cy="17" r="2"/>'
STATUS = '<circle cx="12" cy="5" r="2"/><circle cx="5" cy="18" r="2"/><circle cx="19" cy="18" r="2"/><path d="M11 7l-5 9M13 7l5 9M7 18h10"/>'  # noqa: E501


def _deployment(desk: Any) -> Any:
    from aurarouter_auragrid.panels.deployment_page import DeploymentPage

    return DeploymentPage(desk)


def _models(desk: Any) -> Any:
    from aurarouter_auragrid.panels.models_page import ModelsPage

    return ModelsPage(desk)


def _status(desk: Any) -> Any:
    from aurarouter_auragrid.panels.status_page import StatusPage

    return StatusPage(desk)


def _settings(desk: Any) -> Any:
    from aurarouter_auragrid.panels.settings_page import SettingsPage

    return SettingsPage(desk)


def brought() -> list[Panel]:
    """Models and Configuration, in the place of this machine's own; Deployment and Cell Status."""
    return [
        Panel(
            id="models",
            title="Models",
            icon=MODELS,
            factory=_models,
            order=30,
            tip="What there is here and in the cell",
        ),
        Panel(
            id="configuration",
            title="Configuration",
            icon=SETTINGS,
            factory=_settings,
            order=40,
            tip="What all nodes of the cell go by",
        ),
        Panel(
            id="deployment",
            title="Deployment",
            icon=DEPLOYMENT,
            factory=_deployment,
            order=50,
            tip="How many nodes have each model",
        ),
        Panel(
            id="cell_status",
            title="Cell Status",
            icon=STATUS,
            factory=_status,
            order=55,
            tip="The nodes, and what they were asked",
        ),
    ]
