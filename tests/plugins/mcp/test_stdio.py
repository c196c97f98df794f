"""The MCP server over standard input and output, driven by the SDK's own client."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
CONFIG = """\
models:
  here: {provider: echo}
roles:
  coding: {models: [here]}
  router: {models: [here]}
"""


def test_a_client_lists_the_tools_and_calls_them(tmp_path: Path) -> None:
    (tmp_path / "auraconfig.yaml").write_text(CONFIG)
    arguments = ["--config", str(tmp_path / "auraconfig.yaml"), "start"]

    async def talk() -> None:
        door = StdioServerParameters(command=PROGRAM, args=arguments, env={"HOME": str(tmp_path)})
        async with Client(stdio_client(door)) as client:
            tools = (await client.list_tools()).tools
            assert all(re.fullmatch("[a-z0-9_]{1,40}", tool.name) and tool.description for tool in tools)
            assert not {"register_asset", "list_assets"} & {tool.name for tool in tools}
            good = await client.call_tool("route_task", {"task": "say hello", "model": "here"})
            assert not good.is_error
            assert good.structured_content is not None
            assert good.structured_content["complete"] is True
            bad = await client.call_tool("route_task", {"task": "say hello", "model": "nobody"})
            assert bad.is_error
            assert "UnknownModelError" in str(bad.content)
            wrong = await client.call_tool("route_task", {"tusk": "x"})
            assert wrong.is_error
            for name in ("list_models", "list_intents", "model_health", "usage_summary"):
                read = await client.call_tool(name, {})
                assert not read.is_error, read

    asyncio.run(asyncio.wait_for(talk(), 60))
