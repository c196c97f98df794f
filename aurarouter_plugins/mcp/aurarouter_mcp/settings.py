"""The section `mcp` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class ToolSettings:
    """One tool of the MCP server.

    Attributes:
        enabled: Clients may see and call it.
    """

    enabled: bool = True


@frozen(kw_only=True)
class McpSettings:
    """What the MCP server offers.

    Attributes:
        tools: Switches of tools, by their names; all are on by default.
    """

    tools: Mapping[str, ToolSettings] = field(factory=dict)
