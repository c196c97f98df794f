"""How many nodes should have a model, how many have it, and why the rest is pending."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from aurarouter_auragrid.deployment.board import MOST_REPLICAS, Board, Wish
from aurarouter_auragrid.deployment.claims import State
from aurarouter_auragrid.deployment.placement import View, place
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_hooks import AssetError


@frozen(kw_only=True)
class Placement:
    """A model on a node.

    Attributes:
        node: The node's name.
        state: "pulling", "loading", "ready", "leaving", or "refused" with a reason.
        progress: How much of the file is there, 0 to 1.
        moving: It takes the place of another node's once it is ready.
        reason: Why the node can't have it for now.
    """

    node: str
    state: State
    progress: float = 0.0
    moving: bool = False
    reason: str = ""


@frozen(kw_only=True)
class Deployment:
    """A model, as wished for and as it is.

    Attributes:
        model: Its id.
        desired: Nodes that should have it.
        current: Nodes that are ready with it.
        placements: Where it is, or is on its way to or from, by node.
        reasons: What keeps the rest, each once.
    """

    model: str
    desired: int
    current: int
    placements: tuple[Placement, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def is_settled(self) -> bool:
        """As many are ready as should be, and none is on its way."""
        return self.current == self.desired and all(one.state in ("ready", "refused") for one in self.placements)


class Deployments:
    """The deployments of a cell.

    Args:
        engine: The cell, open.
    """

    def __init__(self, engine: Engine) -> None:
        self._board = Board(engine)

    async def state(self) -> tuple[Deployment, ...]:
        """Every model that is wished for or has a claim, by name.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        view = await self._board.view()
        pending = place(view).pending
        return tuple(
            _deployment(model, view, pending)
            for model in sorted(view.wanted.keys() | {claim.model for claim in view.claims if claim.state != "refused"})
        )

    async def want(self, model: str, replicas: int) -> None:
        """Say how many nodes should have a model; 0 for none. The nodes see to it.

        Raises:
            AssetError: The cell keeps no file of it, or that many make no sense.
            CellUnavailableError: The cell does not answer.
        """
        if not 0 <= replicas <= MOST_REPLICAS:
            raise AssetError(f"{replicas} replicas make no sense", hint=f"Take 0 to {MOST_REPLICAS}.")
        if replicas and model not in await self._board.stored():
            raise AssetError(
                f"the cell keeps no file of '{model}'",
                hint=f"Push it first: aurarouter grid models push FILE --id {model}",
            )
        await self._board.wish(Wish(model=model, replicas=replicas))


def _deployment(model: str, view: View, pending: Mapping[tuple[str, int], str]) -> Deployment:
    claims = sorted((claim for claim in view.claims if claim.model == model), key=lambda claim: claim.node)
    return Deployment(
        model=model,
        desired=view.wanted.get(model, 0),
        current=sum(claim.state == "ready" and not claim.moving for claim in claims),
        placements=tuple(
            Placement(
                node=claim.node,
                state=claim.state,
                progress=claim.progress,
                moving=claim.moving,
                reason=claim.reason,
            )
            for claim in claims
        ),
        reasons=tuple(dict.fromkeys(why for (name, _), why in pending.items() if name == model)),
    )
