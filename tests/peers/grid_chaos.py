"""Faults for a cell of three: nodes and servers that are killed without a goodbye, and come back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from grid_cell import GridCell


class Chaos:
    """Kills one thing after another, and waits for each to be back before the next of its kind."""

    def __init__(self, cell: GridCell, seed: int) -> None:
        self._cell, self._random = cell, random.Random(seed)
        self.done: list[str] = []

    async def one(self) -> None:
        """A node with its server, or a server alone; one at a time, so that a majority stays."""
        number = self._random.randrange(3)
        node = self._cell.nodes[number]
        if self._random.random() < 0.5:
            self.done.append(f"node {node.name}")
            await asyncio.to_thread(node.kill)
            await asyncio.sleep(self._random.uniform(0.0, 2.0))
            node.begin()
            await asyncio.to_thread(node.wait_ready)
        else:
            self.done.append(f"server of {node.name}")
            before = node.engine_pid()
            self._cell.kill_engine(number)
            async with asyncio.timeout(30):
                while not _other(node.engine_pid, before):
                    await asyncio.sleep(0.1)
        await asyncio.sleep(self._random.uniform(1.0, 4.0))


def _other(pid: Callable[[], int], before: int) -> bool:
    try:
        return pid() != before
    except StopIteration:  # it has not told its port yet
        return False
