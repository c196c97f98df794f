"""What a grid command works with: the section `grid`, and the cell that it names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from aurarouter_auragrid.cell import Cell, find_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.settings import Grid
from aurarouter_auragrid.wire.own_certificate import ends_soon
from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.cli.ending import run_async

T = TypeVar("T")


def found_cell(context: click.Context) -> Cell:
    """The cell that the configuration names, or this machine's own.

    Raises:
        CellUnavailableError: There is none.
    """
    grid: Grid = load_config(Plugins(), path=context.find_root().obj).sections["grid"]
    cell = find_cell(home=Home.of(), grid=grid)
    if cell.tls and (words := ends_soon(cell.tls)):
        click.echo(f"Warning: {words}.", err=True)
    return cell


def with_cell(context: click.Context, work: Callable[[Engine], Awaitable[T]]) -> T:
    """Do something with the cell.

    Raises:
        CellUnavailableError: There is none.
    """

    cell = found_cell(context)

    async def run() -> T:
        async with Engine(cell, "aurarouter grid") as engine:
            return await work(engine)

    return run_async(run())
