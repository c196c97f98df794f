"""The panels' way into the cell that the window's configuration names, or this machine's own."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from aurarouter_auragrid.cell import find_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import Home


async def cell_of(link: Any) -> Engine:
    """The cell, to be opened by `async with`.

    Args:
        link: The window's way to its configuration.

    Raises:
        CellUnavailableError: There is none.
    """
    config = await link.config()
    cell = await asyncio.to_thread(partial(find_cell, home=Home.of(), grid=config.sections["grid"]))
    return Engine(cell, "aurarouter gui")
