"""The section `mcp` of the configuration."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt, le

from aurarouter_core import Listening


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
class HttpSettings(Listening):
    """How `aurarouter start --http` listens.

    Attributes:
        port: Port to listen on; 0 for any free one.
        max_connections: Connections at a time; more are told 503.
        max_sessions: Clients at a time; more are told 503.
        idle_timeout: Seconds after which a client that says nothing has to begin anew.
        read_timeout: Seconds in which a request's headers have to arrive, and for which its body may be silent.
    """

    port: int = field(default=8485, validator=[ge(0), le(65535)])
    max_connections: int = field(default=1000, validator=gt(0))
    max_sessions: int = field(default=1000, validator=gt(0))
    idle_timeout: float = field(default=1800.0, validator=gt(0))
    read_timeout: float = field(default=30.0, validator=gt(0))


@frozen(kw_only=True)
class McpSettings:
    """What the MCP server offers, and to whom.

    Attributes:
        tools: Switches of tools, by their names.
        max_message: Bytes of one message of a client.
        http: How it listens on a network.
    """

    tools: Tools = field(factory=Tools)
    max_message: int = field(default=16 * 1024 * 1024, validator=gt(0))
    http: HttpSettings = field(factory=HttpSettings)
