"""What keeps count for everybody: the contract, and what one question to it says."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

from aurarouter_limits.settings import Limit


@frozen(kw_only=True)
class Place:
    """A task's place within a limit, from its entry to its end.

    Attributes:
        name: The limit's name: "app:NAME" or "model:ID".
        id: Of the place, where the limit has places.
    """

    name: str
    id: int = 0


@frozen(kw_only=True)
class Wait:
    """There is no place now.

    Attributes:
        seconds: Until there may be one; an estimate where somebody has to leave first.
        why: Which of the limits is reached, in words.
        turns: Somebody has to leave first, so that nobody knows when it will be.
    """

    seconds: float
    why: str
    turns: bool = False


class Counter(Protocol):
    """Counts for all who share it. A cell of machines may bring one of its own by the hook `limits_counter`."""

    async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        """Take a place and count one request and these tokens, or say how long to wait. All or nothing.

        Args:
            name: The limit's name.
            limit: What holds.
            tokens: What the task reads at least; what it really took is counted when it leaves.
        """

    async def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        """Give the place back and count further tokens, which may be fewer than none."""

    async def close(self) -> None:
        """Let go of what was opened."""
