"""The MCP server over standard input and output, driven by the SDK's own client."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home

PROGRAM = str(Path(sys.executable).with_name("aurarouter"))
CONFIG = """\
models:
  here: {provider: echo}
roles:
  coding: {models: [here]}
  router: {models: [here]}
"""
NOISY = """\
import logging, os, sys
from aurarouter_hooks import hookimpl
print("printed")
sys.__stdout__.write("written\\n")
os.write(1, b"below\\n")
logging.basicConfig(stream=sys.stdout)

@hookimpl
def kernel_started(kernel):
    print("started")
    logging.getLogger("noisy").warning("logged")
"""


@pytest.mark.promise("compatibility.4")
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


async def test_a_plugin_that_prints_and_logs_at_import_misses_the_protocol(
    home: Path, tmp_path: Path, door: StdioServerParameters
) -> None:
    (home / "auraconfig.yaml").write_text(CONFIG)
    place = tmp_path / "noisy"
    (place / "noisy-1.dist-info").mkdir(parents=True)
    (place / "noisy-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: noisy\nVersion: 1\n")
    (place / "noisy-1.dist-info" / "entry_points.txt").write_text("[aurarouter]\nnoisy = noisy\n")
    (place / "noisy.py").write_text(NOISY)
    assert door.env is not None
    door.env |= {"PYTHONPATH": str(place), "AURAROUTER_NO_DAEMON": "1"}
    process = await asyncio.create_subprocess_exec(
        door.command, *door.args, env=door.env,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}) + "\n"
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(message.encode())
    async with asyncio.timeout(30):
        first = json.loads(await process.stdout.readline())
        process.stdin.close()
        rest, said = await process.communicate()
    assert (first["id"], rest) == (1, b"")
    assert [word for word in ("printed", "written", "below", "logged", "started") if word not in said.decode()] == []


@pytest.mark.parametrize("command", [["--help"], ["start", "--help"]])
def test_help_is_still_a_result(command: list[str]) -> None:
    told = subprocess.run([PROGRAM, *command], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("Usage: aurarouter")
