"""Calls that end early: cancelled, or their client gone. The model is stopped, on both transports, near and shared."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home
from fault_server import FaultServer
from faults import hang
from mcp_http import mcp_http

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
TAKES = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


def settings(server: FaultServer) -> dict[str, Any]:
    models = {"slow": {"provider": "openapi", "endpoint": server.url}}
    return {"models": models, "roles": {role: ["slow"] for role in ("coding", "reasoning", "router")}}


async def seen(event: Any) -> bool:
    """The event of a thread, before long."""
    return bool(await asyncio.to_thread(event.wait, 10))


@asynccontextmanager
async def client_of(transport: str, door: StdioServerParameters, server: FaultServer) -> AsyncIterator[Client]:
    if transport == "http":
        async with mcp_http(settings(server)) as url, Client(url) as client:
            yield client
    else:
        assert door.env is not None
        door.env["AURAROUTER_NO_DAEMON"] = str(int(transport == "stdio"))
        async with Client(stdio_client(door)) as client:
            yield client


@pytest.mark.parametrize("transport", ["http", "stdio", "shared"])
async def test_a_cancelled_call_stops_the_model(
    home: Path, door: StdioServerParameters, fault_server: FaultServer, transport: str
) -> None:
    (home / "auraconfig.yaml").write_text(json.dumps(settings(fault_server)))
    fault_server.always(hang)
    async with asyncio.timeout(60), client_of(transport, door, fault_server) as client:
        for tool, given in (
            ("route_task", {"task": "hi"}),
            ("generate_code", {"task_description": "add"}),
            ("compare_models", {"prompt": "hi", "models": ["slow"]}),
        ):
            fault_server.hanging.clear()
            fault_server.left.clear()
            asking = asyncio.create_task(client.call_tool(tool, given))
            assert await seen(fault_server.hanging), tool
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert await seen(fault_server.left), tool
        listed = await client.call_tool("list_models", {})
        assert not listed.is_error


async def test_a_client_that_drops_its_connection_stops_the_model(fault_server: FaultServer) -> None:
    fault_server.always(hang)
    async with mcp_http(settings(fault_server)) as url:
        async with httpx.AsyncClient(headers=TAKES) as client:
            opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
            session = {"mcp-session-id": (await client.post(url, json=opening)).headers["mcp-session-id"]}
            params = {"name": "route_task", "arguments": {"task": "hi"}}
            call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
            asking = asyncio.create_task(client.post(url, json=call, headers=session, timeout=60))
            assert await seen(fault_server.hanging)
            asking.cancel()  # closes the connection, and says nothing
            await asyncio.gather(asking, return_exceptions=True)
        assert await seen(fault_server.left)


@pytest.mark.parametrize("killed", [False, True])
async def test_a_client_that_is_killed_leaves_nothing_running(
    home: Path, door: StdioServerParameters, fault_server: FaultServer, killed: bool
) -> None:
    (home / "auraconfig.yaml").write_text(json.dumps(settings(fault_server)))
    fault_server.always(hang)
    process = await asyncio.create_subprocess_exec(
        door.command, *door.args, env=door.env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    params = {"name": "route_task", "arguments": {"task": "hi"}}
    for message in (
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": params},
    ):
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    assert await asyncio.to_thread(fault_server.hanging.wait, 60)
    if killed:
        process.send_signal(signal.SIGKILL)
    else:
        process.stdin.close()  # as the system does for a client that is killed
    async with asyncio.timeout(30):
        code = await process.wait()
    assert code == (-signal.SIGKILL if killed else 0)
    assert await seen(fault_server.left)
    (place,) = Place.all(Home(home))
    assert place.holder is not None  # the shared engine serves others


async def test_a_server_ends_when_it_is_interrupted(home: Path, door: StdioServerParameters) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    process = await asyncio.create_subprocess_exec(
        door.command, *door.args, env=(door.env or {}) | {"AURAROUTER_NO_DAEMON": "1"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    ping = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    process.stdin.write(json.dumps(ping).encode() + b"\n")
    async with asyncio.timeout(30):
        assert json.loads(await process.stdout.readline())["id"] == 1
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_server_over_http_closes_its_kernel(
    home: Path, door: StdioServerParameters, number: signal.Signals, code: int
) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    env = (door.env or {}) | {"AURAROUTER_NO_DAEMON": "1"}
    command = [door.command, *door.args, "--http", "--port", "0", "--json"]
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async with Client(json.loads(await process.stdout.readline())["url"]) as client:
            called = await client.call_tool("route_task", {"task": "hi"})
        process.send_signal(number)
        assert await process.wait() == code
    assert called.structured_content is not None
    task = called.structured_content["trace"]["id"]
    asked = await asyncio.create_subprocess_exec(
        door.command, "trace", task, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, complaint = await asked.communicate()
    assert (task.encode() in out, complaint) == (True, b"")


async def test_who_waits_for_too_long_is_told_that_the_server_has_stopped(
    home: Path, door: StdioServerParameters, fault_server: FaultServer
) -> None:
    (home / "auraconfig.yaml").write_text(json.dumps(settings(fault_server)))
    fault_server.always(hang)
    process = await asyncio.create_subprocess_exec(
        door.command, *door.args, "--http", "--port", "0", "--json",
        env=(door.env or {}) | {"AURAROUTER_NO_DAEMON": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(60):
        url = json.loads(await process.stdout.readline())["url"]
        async with Client(url) as client:
            asking = asyncio.create_task(client.call_tool("route_task", {"task": "hi"}))
            assert await seen(fault_server.hanging)
            process.send_signal(signal.SIGTERM)
            with pytest.raises(MCPError, match="the server has stopped"):
                await asking
        _, complaint = await process.communicate()
    assert (process.returncode, complaint) == (0, b"")
