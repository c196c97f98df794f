"""Who may see private content: decided here, by the kernel, at every attempt, and closed when in doubt."""

from __future__ import annotations

from aurarouter_hooks import Constraint, Location, Model

PRIVATE_TAG = "private"


def refusal(model: Model, constraint: Constraint, location: Location | None) -> str | None:
    """Why the model may not get this task for where it runs; None when it may.

    Args:
        model: The candidate.
        constraint: The limits in force.
        location: Its provider's answer, asked just now; None when nobody asked, which counts as remote.
    """
    here = location is not None and location.here
    if constraint.here and not here:
        return f"only models on this machine are allowed, and it runs {_place(location)}"
    if constraint.private and not here and PRIVATE_TAG not in model.tags:
        return f"the content is private, the model has no '{PRIVATE_TAG}' tag, and it runs {_place(location)}"
    return None


def _place(location: Location | None) -> str:
    if location is None or location.kind == "unknown":
        return "at an unknown place"
    if location.kind == "loopback":
        return f"behind {location.host or 'loopback'}, which may pass requests on"
    return f"at {location.host}" if location.host else "elsewhere"
