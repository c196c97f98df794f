"""A router's way to the other nodes of its cell: made when a model first needs it, shared, closed with the last one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import ref

from attrs import frozen

from aurarouter_auragrid.cell import Cell, find_cell, running
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Home, Plugins, Router, load_config

if TYPE_CHECKING:
    from aurarouter_auragrid.client.channels import Channels
    from aurarouter_auragrid.engine.engine import Engine
    from aurarouter_auragrid.remote.offers import Offers
    from aurarouter_hooks import Kernel

PATIENCE = 2.0
"""Seconds in which a cell is reached, or the chain goes on."""
REST = 2.0
"""Seconds for which a cell that could not be reached is not tried again."""


@frozen(eq=False)
class Opened:
    """What stands: the cell's engine, channels to its nodes, and what they offer."""

    engine: Engine
    channels: Channels
    offers: Offers

    async def aclose(self) -> None:
        """Close all of it."""
        await self.offers.aclose()
        await self.channels.aclose()
        await self.engine.aclose()


class Link:
    """The way of one router. Each model that uses it says when it needs it no more."""

    def __init__(self) -> None:
        self._kernel: ref[Router] | None = None
        self._users: set[object] = set()
        self._opening: asyncio.Task[Opened] | None = None
        self._failed_at = 0.0

    def serve(self, kernel: Kernel) -> None:
        """The cell is the one that this kernel's configuration and home lead to."""
        self._kernel = ref(kernel) if isinstance(kernel, Router) else None

    async def opened(self, user: object) -> Opened:
        """What stands; opened now if it doesn't.

        Raises:
            GridError: There is no cell, or it can't be reached.
        """
        self._users.add(user)
        opening = self._opening
        if opening is None or self._is_over(opening):
            opening = self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(opening)  # whoever stops waiting does not stop the others

    def _is_over(self, opening: asyncio.Task[Opened]) -> bool:
        if not opening.done() or opening.cancelled():
            return opening.done()
        return opening.exception() is not None and asyncio.get_running_loop().time() > self._failed_at + REST

    async def release(self, user: object) -> None:
        """This one needs it no more; the last one closes it."""
        self._users.discard(user)
        opening = self._opening
        if self._users or opening is None:
            return
        self._opening = None
        opening.cancel()
        (opened,) = await asyncio.gather(opening, return_exceptions=True)
        if isinstance(opened, Opened):
            await opened.aclose()

    async def _open(self) -> Opened:
        from aurarouter_auragrid.client.channels import Channels
        from aurarouter_auragrid.engine.engine import Engine
        from aurarouter_auragrid.remote.offers import Offers

        cell = await asyncio.to_thread(self.cell)
        engine = Engine(cell)
        try:
            await engine.open(PATIENCE)
        except BaseException:
            self._failed_at = asyncio.get_running_loop().time()
            await engine.aclose()
            raise
        return Opened(engine, Channels(cell.tls), Offers(engine.membership, cell.node))

    def leads_somewhere(self) -> bool:
        """There is a cell: the kernel is a node's, its settings name one, or a node of this machine runs."""
        kernel = self._kernel() if self._kernel is not None else None
        if kernel is None:
            return False
        if kernel.surface == "grid":
            return True
        grid = kernel.settings("grid")
        return isinstance(grid, Grid) and (bool(grid.urls) or running(kernel.home) is not None)

    def cell(self) -> Cell:
        """The way in, as the kernel's own settings say, or as the node of this machine wrote it. May wait for a disk.

        Raises:
            GridError: There is none.
        """
        kernel = self._kernel() if self._kernel is not None else None
        grid = kernel.settings("grid") if kernel is not None else load_config(Plugins()).sections.get("grid")
        if not isinstance(grid, Grid):
            raise GridError("the plugin 'auragrid' is switched off", hint="See AURAROUTER_WITHOUT.")
        return find_cell(home=kernel.home if kernel is not None else Home.of(), grid=grid)
