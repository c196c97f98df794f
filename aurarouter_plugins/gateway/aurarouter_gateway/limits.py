"""What an app may use, held by the kernel at every attempt: a middleware around each task."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from attrs import evolve

from aurarouter_gateway.settings import AppLimits, GatewaySettings
from aurarouter_hooks import Call, Constraint, Event, ForbiddenError, Middleware, Proceed


class AppGate(Middleware):
    """Narrows a task to the models of its app and to cleared ones, and refuses roles that it may not use."""

    scope: Literal["task", "attempt"] = "task"
    order = -900

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """Where an app may use less than all."""
        return bool(settings["gateway"].apps)

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """Let the task through, narrowed.

        Raises:
            ForbiddenError: The app may not use the role.
        """
        settings: GatewaySettings = call.settings["gateway"]
        limits: AppLimits | None = settings.apps.get(call.task.app) if call.task.app else None
        if limits is None:
            return proceed(call)
        role = call.decision.role if call.decision else ""
        if limits.roles and role not in limits.roles:
            raise ForbiddenError(
                f"the app '{call.task.app}' may not use the role '{role}'",
                hint=f"It may use: {', '.join(limits.roles)} ('gateway.apps').",
            )
        narrowed = call.constraint
        if limits.private:  # on whichever surface the app came in
            narrowed |= Constraint(private=True, reasons=(f"all that the app '{call.task.app}' sends is private",))
        if limits.models:
            reason = f"the app '{call.task.app}' may use only some models"
            narrowed |= Constraint(models=limits.models, reasons=(reason,))
        return proceed(evolve(call, constraint=narrowed))
