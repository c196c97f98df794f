"""A window that is turned to the cell of a real node."""

import json
from typing import Any

from grid_node import GridNode

PATIENCE = 20_000
"""Milliseconds that the window gets to show something."""
PLUGINS = "echo,gui,auragrid"
CONFIG = "models: {first: {provider: echo}}\nroles: {coding: [first], reasoning: [first]}\n"


def joined(node: GridNode) -> str:
    """The configuration of a machine that knows the cell."""
    cell = node.cell
    token = cell.token.reveal() if cell.token else ""
    return f"{CONFIG}grid: {json.dumps({'urls': list(cell.urls), 'token': token})}\n"


def turned(window: Any, panel: str) -> Any:
    """A panel of the cell."""
    window.turn_to("auragrid")
    window.go(panel)
    return window.shown
