"""A model that a node brings, has, or takes away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from attrs import define

from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.ports import Lease


@define(eq=False)
class Hold:
    """A model that this node brings, has, or takes away.

    Attributes:
        work: What is done about it, in the background.
        problem: Why it can't be brought.
        is_done: The work came to its end.
    """

    claim: Claim
    lease: Lease
    work: asyncio.Task[None] | None = None
    problem: str = ""
    is_done: bool = False

    @property
    def why_unready(self) -> str:
        """Why others should rather ask another node for it, in a word: not yet, or not any more; "" when they may."""
        if self.claim.state == "leaving":
            return "leaving"
        return "" if self.claim.state == "ready" or self.is_done else "loading"


def states(models: Mapping[str, str], unready: Mapping[str, str]) -> dict[str, str]:
    """How each model is, with those marked that are about to come or to leave."""
    return {name: unready.get(name, state) for name, state in models.items()}
