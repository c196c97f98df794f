"""Private data that comes in through tools, and tools that answer on this machine alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client

from aurarouter_core import Plugins, Router, load_config
from aurarouter_mcp.server import server
from fault_server import FaultServer

CARD = "Pay with 4539 1488 0343 6467"
CALLS: dict[str, dict[str, Any]] = {
    "route_task": {"task": CARD},
    "route_task ": {"task": "pay", "context": CARD},
    "route_task  ": {"task": "pay", "model": "far", "private": True},
    "generate_code": {"task_description": CARD},
    "generate_code ": {"task_description": "pay", "file_context": CARD},
    "compare_models": {"prompt": CARD, "models": ["far"]},
    "local_inference": {"prompt": CARD},
}


@asynccontextmanager
async def client_of(far: FaultServer) -> AsyncIterator[Client]:
    """Of a server whose one model is on loopback, and may be anywhere: its provider can't see through."""
    roles = {role: ["far"] for role in ("coding", "reasoning", "router")}
    settings = {"models": {"far": {"provider": "openapi", "endpoint": far.url}}, "roles": roles}
    plugins = Plugins()
    kernel = Router(load_config(plugins, settings=settings), plugins)
    async with kernel, Client(server(kernel, kernel.settings("mcp"))) as client:
        yield client


@pytest.mark.parametrize("call", CALLS)
async def test_private_data_in_any_tool_reaches_nobody_who_is_not_cleared(fault_server: FaultServer, call: str) -> None:
    async with client_of(fault_server) as client:
        told = await client.call_tool(call.strip(), CALLS[call])
    said = str(told.content) + str(told.structured_content)
    assert told.is_error or "PrivacyError" in said
    assert "priva" in said.lower()
    assert "4539" not in said
    assert fault_server.bytes_received == 0


async def test_answering_here_goes_by_the_place_and_by_no_name(fault_server: FaultServer) -> None:
    async with client_of(fault_server) as client:
        told = await client.call_tool("local_inference", {"prompt": "hello"})
        assert told.is_error
        assert "only models on this machine are allowed, and it runs behind 127.0.0.1" in str(told.content)
        assert fault_server.bytes_received == 0
        assert not (await client.call_tool("route_task", {"task": "hello"})).is_error
