"""AuraRouter as an MCP server. The SDK is imported when the server is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
    from aurarouter_mcp.commands import mcp, start

    cli.add_command(start)
    cli.add_command(mcp)


@hookimpl(optionalhook=True)
def gui_services() -> Sequence[Any]:
    """The server over HTTP, in the list of the desktop window."""
    from aurarouter_gui.state.child import Child

    return [
        Child(
            name="mcp",
            title="MCP over HTTP",
            tip="Gives MCP clients the router's tools over HTTP",
            order=30,
            command=("start", "--http", "--json"),
            address=lambda config: (config.sections["mcp"].http.host, config.sections["mcp"].http.port),
        )
    ]
