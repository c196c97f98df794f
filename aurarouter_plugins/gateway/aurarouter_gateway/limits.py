"""What an app may use, held by the kernel at every attempt: a middleware around each task."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, Literal

from attrs import evolve

from aurarouter_gateway.settings import AppLimits, GatewaySettings
from aurarouter_hooks import Call, Constraint, Event, ForbiddenError, Middleware, NodeStarted, Proceed

ANSWERING = ("plan", "step", "answer")
"""Kinds of nodes that work on the answer; with the others the router asks for itself."""


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
        if limits.roles:
            _hold(call.task.app, limits.roles, call.decision.role if call.decision else "")
        narrowed = call.constraint
        if limits.private:  # on whichever surface the app came in
            narrowed |= Constraint(private=True, reasons=(f"all that the app '{call.task.app}' sends is private",))
        if limits.models:
            reason = f"the app '{call.task.app}' may use only some models"
            narrowed |= Constraint(models=limits.models, reasons=(reason,))
        events = proceed(evolve(call, constraint=narrowed))
        return _held(events, call.task.app, limits.roles) if limits.roles else events


async def _held(events: AsyncIterator[Event], app: str, roles: Sequence[str]) -> AsyncGenerator[Event]:
    """The same, as long as each node that works on the answer has a role that the app may use.

    Which one that is may turn out late: once a model was asked what kind of task it is, or in a plan's step.
    """
    async for event in events:
        if isinstance(event, NodeStarted) and event.node.kind in ANSWERING and event.node.role:
            _hold(app, roles, event.node.role)
        yield event


def _hold(app: str, roles: Sequence[str], role: str) -> None:
    if role not in roles:
        raise ForbiddenError(
            f"the app '{app}' may not use the role '{role}'",
            hint=f"It may use: {', '.join(roles)} ('gateway.apps').",
        )
