"""The window's own hook: other plugins bring panels and services by it, with `hookimpl(optionalhook=True)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aurarouter_hooks import hookspec

if TYPE_CHECKING:
    from aurarouter_gui.panel import Panel
    from aurarouter_gui.service import Service


class GuiHooks:
    """Hooks of the desktop window."""

    @hookspec
    def gui_panels(self, environment: str) -> Sequence[Panel]:  # type: ignore[empty-body]
        """Bring panels. `environment` is "local" or "auragrid"; no Qt here: a panel's factory imports it."""

    @hookspec
    def gui_services(self) -> Sequence[Service]:  # type: ignore[empty-body]
        """Bring services of this machine that can be started and stopped in the window. Nothing is started here."""
