"""What a grid command works with: the section `grid`, and the cell that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from aurarouter_auragrid.cell import find_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.settings import Grid
from aurarouter_core import Config, Home, Plugins, load_config

T = TypeVar("T")


def configured(context: click.Context, overrides: dict[str, Any] | None = None) -> tuple[Config, Plugins]:
    """The configuration in force, and the plugins that it was made with."""
    plugins = Plugins()
    path = context.find_root().obj
    return load_config(plugins, path=path, overrides={"grid": overrides} if overrides else None), plugins


def with_cell(context: click.Context, work: Callable[[Engine], Awaitable[T]]) -> T:
    """Do something with the cell.

    Raises:
        CellUnavailableError: There is none.
    """

    async def run() -> T:
        config, _ = configured(context)
        grid: Grid = config.sections["grid"]
        async with Engine(find_cell(home=Home.of(), grid=grid), "aurarouter grid") as engine:
            return await work(engine)

    return asyncio.run(run())
