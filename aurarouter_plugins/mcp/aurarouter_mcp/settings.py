"""The section `mcp` of the configuration."""

from __future__ import annotations

from attrs import field, frozen


@frozen(kw_only=True)
class ToolSettings:
    """One tool of the MCP server.

    Attributes:
        enabled: Clients may see and call it; None means yes, but over a network no for tools that change something.
    """

    enabled: bool | None = None


@frozen(kw_only=True)
class Tools:
    """The tools, each with its switch."""

    route_task: ToolSettings = field(factory=ToolSettings)
    local_inference: ToolSettings = field(factory=ToolSettings)
    generate_code: ToolSettings = field(factory=ToolSettings)
    compare_models: ToolSettings = field(factory=ToolSettings)
    list_models: ToolSettings = field(factory=ToolSettings)
    list_assets: ToolSettings = field(factory=ToolSettings)
    list_intents: ToolSettings = field(factory=ToolSettings)
    explain_route: ToolSettings = field(factory=ToolSettings)
    model_health: ToolSettings = field(factory=ToolSettings)
    usage_summary: ToolSettings = field(factory=ToolSettings)
    register_asset: ToolSettings = field(factory=ToolSettings)
    unregister_asset: ToolSettings = field(factory=ToolSettings)


@frozen(kw_only=True)
class McpSettings:
    """What the MCP server offers.

    Attributes:
        tools: Switches of tools, by their names.
    """

    tools: Tools = field(factory=Tools)
