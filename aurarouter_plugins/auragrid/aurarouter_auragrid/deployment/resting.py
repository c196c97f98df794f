"""When a cell is at rest, so that its nodes need not look at it again and again, and whom each keeps an eye on then."""

from __future__ import annotations

from aurarouter_auragrid.deployment.placement import Member, Plan, View

NOTICED = 8
"""A node's memory is another one when it has changed by this part of what it was."""


def rests(view: View, plan: Plan) -> bool:
    """Nobody has anything to do: nothing to take, to shift or to give, all is ready, and whoever has it is there.

    A place that stays empty for good reason keeps no cell awake. A claim of a node that is gone does, since no message
    tells when it ends.
    """
    there = {member.name for member in view.members}
    held = (claim for claim in view.claims if claim.state != "refused")
    return not (plan.takes or plan.shifts or plan.gives) and all(
        claim.state == "ready" and not claim.moving and claim.node in there for claim in held
    )


def neighbour(view: View, node: str) -> Member | None:
    """Whom a node keeps an eye on: the next by name, after the last the first. So of each, one other hears first."""
    others = sorted((member for member in view.members if member.name != node), key=lambda member: member.name)
    return next((member for member in others if member.name > node), others[0] if others else None)


def is_another(known: Member, now: Member | None) -> bool:
    """It is gone, or not what it was as far as placement minds."""
    if now is None:
        return True
    more = abs(now.memory - known.memory)
    return (now.serving, now.has) != (known.serving, known.has) or more * NOTICED > known.memory
