"""The MCP server over standard input and output, driven by the SDK's own client."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home

CONFIG = """\
models:
  here: {provider: echo}
roles:
  coding: {models: [here]}
  router: {models: [here]}
"""


@pytest.mark.parametrize("alone", [False, True])
async def test_a_client_lists_the_tools_and_calls_them(home: Path, door: StdioServerParameters, alone: bool) -> None:
    (home / "auraconfig.yaml").write_text(CONFIG)
    assert door.env is not None
    door.env["AURAROUTER_NO_DAEMON"] = str(int(alone))
    async with asyncio.timeout(60), Client(stdio_client(door)) as client:
        tools = (await client.list_tools()).tools
        assert all(re.fullmatch("[a-z0-9_]{1,40}", tool.name) and tool.description for tool in tools)
        assert bool(Place.all(Home(home))) is not alone
        good = await client.call_tool("route_task", {"task": "say hello", "model": "here"})
        assert not good.is_error
        assert good.structured_content is not None
        assert good.structured_content["complete"] is True
        assert good.structured_content["trace"]["surface"] == "mcp"
        bad = await client.call_tool("route_task", {"task": "say hello", "model": "nobody"})
        assert bad.is_error
        assert "UnknownModelError" in str(bad.content)
        wrong = await client.call_tool("route_task", {"tusk": "x"})
        assert wrong.is_error
        code = await client.call_tool("generate_code", {"task_description": "add two numbers"})
        assert code.structured_content is not None
        assert code.structured_content["success"] is True
        sides = await client.call_tool("compare_models", {"prompt": "hi", "models": ["here"]})
        assert sides.structured_content is not None
        assert [side["text"] for side in sides.structured_content["sides"]] == ["hi"]
        decision = await client.call_tool("explain_route", {"task": "hi"})
        assert not decision.is_error, decision
        for name in ("list_models", "list_intents", "model_health", "usage_summary"):
            read = await client.call_tool(name, {})
            assert not read.is_error, read
