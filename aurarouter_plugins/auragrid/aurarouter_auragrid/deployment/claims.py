"""What a node says about a model that it brings, holds, or can't have: a lease in the cell, as JSON."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, in_, instance_of

from aurarouter_auragrid.names import model_key
from aurarouter_auragrid.storage.stored import read

STATES = ("pulling", "loading", "ready", "leaving", "refused")
State = Literal["pulling", "loading", "ready", "leaving", "refused"]


@frozen(kw_only=True)
class Claim:
    """A node's hold on one of the places of a model.

    Attributes:
        model: The model.
        place: Which of its replicas, from 0; of a model with three there are 0, 1 and 2.
        node: Who has it.
        memory: Bytes that the model takes there.
        moving: Another node has the place still; it is taken over once the model is ready here.
        state: "leaving" holds the memory and no place, while running work ends; "refused" holds nothing, and says that
            this node can't have the model for now.
        progress: How much of its file is here, 0 to 1.
        reason: Why it was refused.
    """

    model: str = field(validator=instance_of(str))
    node: str = field(validator=instance_of(str))
    place: int = field(default=0, validator=ge(0))
    memory: int = field(default=0, validator=ge(0))
    moving: bool = False
    state: State = field(default="pulling", validator=in_(STATES))
    progress: float = 0.0
    reason: str = ""

    @property
    def has_place(self) -> bool:
        """It stands for a replica, now or soon."""
        return self.state in ("pulling", "loading", "ready")

    @property
    def key(self) -> str:
        """Where it stands in the cell: no two nodes have the same place."""
        name = model_key(self.model)
        if not self.has_place:
            return f"{name}.{self.state}.{self.node}"
        return f"{name}.{self.place}.moving" if self.moving else f"{name}.{self.place}"


def claim_of(data: bytes) -> Claim:
    """A claim.

    Raises:
        GridError: It can't be read.
    """
    return read(Claim, data)
