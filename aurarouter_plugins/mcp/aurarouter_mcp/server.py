"""The MCP server: what it offers, and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server

from aurarouter_core import Pause, __version__
from aurarouter_mcp import prompts
from aurarouter_mcp.calls import Calls
from aurarouter_mcp.engine import Engine
from aurarouter_mcp.resources import Reading
from aurarouter_mcp.telling import Told
from aurarouter_mcp.tool import Tool
from aurarouter_mcp.tools import TOOLS


def server(
    engine: Engine, section: Mapping[str, Any], *, network: bool = False, pause: Pause | None = None
) -> Server[Any]:
    """A server in front of a running kernel.

    Args:
        engine: Does the work.
        section: The section `mcp`, as plain data.
        network: Clients come over a network: what changes something is off unless the configuration says otherwise.
        pause: Whether new work is taken; None for always.
    """
    told, reading = Told(), Reading(engine)
    calls = Calls(engine, _offered(section, network=network), told, pause or Pause("the MCP server"))
    made: Server[Any] = Server(
        "aurarouter",
        version=__version__,
        on_list_tools=calls.listed,
        on_call_tool=calls.called,
        on_list_resources=reading.listed,
        on_read_resource=reading.read,
        on_list_prompts=prompts.listed,
        on_get_prompt=prompts.got,
    )
    made.add_request_handler("logging/setLevel", types.SetLevelRequestParams, told.set_level)
    return made


def _offered(section: Mapping[str, Any], *, network: bool) -> dict[str, Tool]:
    # An engine may be older than this plugin; what could not be switched off there is off.
    switches = {name: False if name not in section["tools"] else section["tools"][name]["enabled"] for name in TOOLS}
    return {
        name: tool
        for name, tool in TOOLS.items()
        if switches[name] or (switches[name] is None and not (network and tool.changes))
    }
