"""Private prompts through each tool and both transports: no byte reaches a server that is not cleared."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from aurarouter_core import Home
from aurarouter_core.apps import Apps
from fault_server import FaultServer
from mcp_http import mcp_http

CARD = "Pay with 4539 1488 0343 6467, please"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("route_task", {"task": CARD}),
    ("route_task", {"task": "Sum it up", "context": CARD}),
    ("route_task", {"task": "Sum it up", "private": True}),
    ("route_task", {"task": CARD, "model": "far"}),
    ("route_task", {"task": CARD, "role": "coding"}),
    ("local_inference", {"prompt": CARD}),
    ("local_inference", {"prompt": "hello"}),  # nothing here is known to run on this machine
    ("generate_code", {"task_description": CARD}),
    ("generate_code", {"task_description": "Add two numbers", "file_context": CARD}),
    ("generate_code", {"task_description": "Add two numbers", "private": True}),
    ("compare_models", {"prompt": CARD, "models": ["far"]}),
    ("compare_models", {"prompt": "hello", "models": ["far"], "private": True}),
    ("explain_route", {"task": CARD}),
]


@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_nothing_leaves(
    home: Path, door: StdioServerParameters, fault_server: FaultServer, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {
        "models": {"far": {"provider": "openapi", "endpoint": fault_server.url}},
        "roles": {role: ["far"] for role in ("coding", "reasoning", "router")},
    }
    (home / "auraconfig.yaml").write_text(json.dumps(settings))
    if transport == "stdio":
        async with asyncio.timeout(60), Client(stdio_client(door)) as client:
            await _calls(client)
    else:
        async with mcp_http(settings) as url, Client(url) as client:
            await _calls(client)
    assert fault_server.bytes_received == 0
    assert fault_server.connections == 0
    assert "4539 1488" not in caplog.text
    for log in home.rglob("*.log"):
        assert "4539 1488" not in log.read_text()


async def test_answering_here_goes_by_the_place_and_by_no_name(fault_server: FaultServer) -> None:
    settings = {
        "models": {"far": {"provider": "openapi", "endpoint": fault_server.url}},
        "roles": {role: ["far"] for role in ("coding", "reasoning", "router")},
    }
    async with mcp_http(settings) as url, Client(url) as client:
        told = await client.call_tool("local_inference", {"prompt": "hello"})
        assert told.is_error
        assert "only models on this machine are allowed, and it runs behind 127.0.0.1" in str(told.content)
        assert fault_server.bytes_received == 0
        assert not (await client.call_tool("route_task", {"task": "hello"})).is_error


async def test_all_that_an_app_sends_is_private_where_its_limits_say_so(fault_server: FaultServer) -> None:
    settings = {
        "models": {"far": {"provider": "openapi", "endpoint": fault_server.url}},
        "roles": {role: ["far"] for role in ("coding", "reasoning", "router")},
        "gateway": {"apps": {"careful": {"private": True}}},
    }
    keys = {name: Apps(Home.of()).create(name).reveal() for name in ("careful", "other")}
    async with mcp_http(settings) as url:
        for name, refused in (("careful", True), ("other", False)):
            async with (
                httpx2.AsyncClient(headers={"authorization": f"Bearer {keys[name]}"}) as http,
                Client(streamable_http_client(url, http_client=http)) as client,
            ):
                for tool, given in (
                    ("route_task", {"task": "hello"}),
                    ("generate_code", {"task_description": "add two numbers"}),
                ):
                    told = await client.call_tool(tool, given)
                    assert (told.is_error, fault_server.bytes_received > 0) == (refused, not refused), told


async def _calls(client: Client) -> None:
    for tool, given in CALLS:
        told = await client.call_tool(tool, given)
        said = told.model_dump_json()
        assert "4539 1488" not in said, tool
        if tool == "explain_route":
            assert "private" in said
        else:
            assert "PrivacyError" in said or "cleared" in said or "runs on this machine" in said, (tool, said)
        if tool not in ("compare_models", "explain_route"):
            assert told.is_error
    for uri in ("aurarouter://traces", "aurarouter://configuration"):
        assert "4539 1488" not in (await client.read_resource(uri)).model_dump_json()
