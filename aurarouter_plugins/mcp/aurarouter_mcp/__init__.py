"""AuraRouter as an MCP server. The SDK is imported when the server is started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aurarouter_hooks import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_config() -> Mapping[str, type]:
    """The section `mcp`."""
    from aurarouter_mcp.settings import McpSettings

    return {"mcp": McpSettings}


@hookimpl
def register_commands(cli: click.Group) -> None:
    """`start`, `mcp install` and `mcp uninstall`."""
    from aurarouter_mcp.commands import start
    from aurarouter_mcp.installing import mcp

    cli.add_command(start)
    cli.add_command(mcp)
