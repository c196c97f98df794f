"""What an app may use, told to the kernel before it decides on any of its tasks, on whichever surface they come in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aurarouter_gateway.settings import GatewaySettings
from aurarouter_hooks import Call, Constraint, Event, Middleware, Proceed


class AppGate(Middleware):
    """Knows the limits of `gateway.apps`; around the tasks themselves it has nothing to do."""

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """Never: the kernel holds each attempt to the limits."""
        return False

    def limits(self, app: str, settings: Mapping[str, Any]) -> Constraint | None:
        """The models and roles of this app; None for one without limits."""
        gateway: GatewaySettings = settings["gateway"]
        limits = gateway.apps.get(app)
        return limits.constraint(app) if limits is not None else None

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """All that is inside."""
        return proceed(call)
