"""Tells a node when it has to look at its cell, and others that they have to. At rest that is one question a beat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from aurarouter_auragrid.deployment.board import Board
from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.deployment.placement import Plan, View
from aurarouter_auragrid.deployment.resting import is_another, neighbour, rests
from aurarouter_auragrid.engine.changes import Changes

LOOK = 30.0
"""Seconds after which a node looks in any case."""


class Watching:
    """What one node has seen of its cell.

    Args:
        board: Where to look.
        changes: What there is to hear.
        node: The node's name.
    """

    def __init__(self, board: Board, changes: Changes, node: str) -> None:
        self._board, self._changes, self._node = board, changes, node
        self._view: View | None = None
        self._mine: frozenset[Claim] | None = None
        self._rests = False
        self._seen_at = 0.0

    async def listen(self, wish: Callable[[], None]) -> None:
        """Hear from now on; `wish` is called for what should be done at once."""
        await self._changes.listen(wish)

    async def has_to_look(self, mine: Collection[Claim]) -> bool:
        """Something is to be done, was heard of, or may have been missed.

        Args:
            mine: The node's own claims now.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        heard = self._changes.heard()
        late = asyncio.get_running_loop().time() >= self._seen_at + LOOK
        if heard or late or not self._rests or frozenset(mine) != self._mine:
            self._rests = False  # until it was seen to the end
            return True
        known = neighbour(self._view, self._node) if self._view is not None else None
        if known is None or not is_another(known, await self._board.member(known.name)):
            return False
        self._rests = False
        await self._changes.tell()
        return True

    async def seen(self, view: View | None, plan: Plan, mine: Collection[Claim]) -> None:
        """That's what there was, and what was done about it. Others are told as long as there is something.

        Args:
            view: What was seen; None where nothing is deployed.
            plan: What should be done.
            mine: The node's own claims after its part of that.
        """
        self._seen_at = asyncio.get_running_loop().time()
        before, self._mine = self._mine, frozenset(mine)
        self._view, self._rests = view, view is None or rests(view, plan)
        if not self._rests or self._mine != before:
            await self._changes.tell()

    async def tell(self) -> None:
        """Have the others look."""
        await self._changes.tell()
