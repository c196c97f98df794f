"""What a client is shown of all that is configured: what its app may use."""

from __future__ import annotations

from attrs import evolve

from aurarouter_hooks import Constraint, Decision, ForbiddenError
from aurarouter_mcp.engine import Engine

ALL = Constraint()


async def limits_of(engine: Engine, app: str) -> Constraint:
    """What an app may use; everything where no client key is needed."""
    return await engine.limits_of(app) if app else ALL


def is_limited(limits: Constraint) -> bool:
    """Some models or roles are not for it."""
    return limits.models is not None or limits.roles is not None


async def refuse_limited(engine: Engine, app: str, what: str) -> None:
    """For what is about all models and all apps.

    Raises:
        ForbiddenError: The app may use only some.
    """
    if is_limited(await limits_of(engine, app)):
        raise ForbiddenError(
            f"the app '{app}' may use only some models or roles, and {what}",
            hint="Use a client key that 'gateway.apps' does not limit.",
        )


def seen(decision: Decision, limits: Constraint) -> Decision:
    """A decision without the models that whoever reads it may not use."""
    vetoes = {model: why for model, why in decision.vetoes.items() if limits.allows_model(model)}
    return decision if len(vetoes) == len(decision.vetoes) else evolve(decision, vetoes=vetoes)


def explained(decision: Decision, limits: Constraint) -> Decision:
    """The same, for whoever asks where a task would go.

    Raises:
        ForbiddenError: Nowhere, as whoever asks may not use the role, or none of the models.
    """
    shown = seen(decision, limits)
    if not limits.allows_role(decision.role):
        raise ForbiddenError(f"whoever asks may not use the role '{decision.role}'", vetoes=shown.vetoes)
    if decision.vetoes and not (shown.vetoes or shown.chain):
        raise ForbiddenError("whoever asks may not use the models that the task could go to")
    return shown
