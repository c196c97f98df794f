"""The MCP server over HTTP: many clients, each with its own session, and strangers at the door."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from mcp import Client

from aurarouter_core import Home, Listening, guarded
from aurarouter_core.apps import Apps
from aurarouter_hooks import ConfigError
from fault_server import FaultServer
from faults import Turn, well
from mcp_http import mcp_http

SETTINGS: Mapping[str, Any] = {
    "models": {"e": {"provider": "echo"}},
    "roles": {role: ["e"] for role in ("coding", "reasoning", "router")},
    "mcp": {"max_message": 100_000},
}
TAKES = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
HELLO: Mapping[str, Any] = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}


def request(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def answers(reply: httpx.Response) -> dict[str, Any]:
    """The last message of a stream of events, or the message."""
    text = reply.text
    if "text/event-stream" in reply.headers["content-type"]:
        text = [line for line in text.splitlines() if line.startswith("data: {")][-1].removeprefix("data: ")
    answer: dict[str, Any] = json.loads(text)
    return answer


async def begun(client: httpx.AsyncClient, **headers: str) -> dict[str, str]:
    """Open a session; the headers that belong to it."""
    reply = await client.post("", json=request("initialize", **HELLO), headers=headers)
    session = {"mcp-session-id": reply.headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18", **headers}
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert (await client.post("", json=told, headers=session)).status_code == 202
    return session


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with mcp_http(SETTINGS) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers=TAKES) as made:
        yield made


async def test_a_hundred_calls_at_once_over_one_session(url: str) -> None:
    async with asyncio.timeout(60), Client(url) as client:
        calls = [client.call_tool("route_task", {"task": f"say {number}"}) for number in range(100)]
        texts = [told.structured_content and told.structured_content["text"] for told in await asyncio.gather(*calls)]
        assert texts == [f"say {number}" for number in range(100)]
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "register_asset" not in names
        with pytest.raises(Exception, match="no tool of this name"):
            await client.call_tool("register_asset", {"model_id": "x", "file_path": "x"})


async def test_each_client_has_its_own_session(client: httpx.AsyncClient, url: str) -> None:
    one, other = await begun(client), await begun(client)
    assert one["mcp-session-id"] != other["mcp-session-id"]
    assert (await client.delete("", headers=one)).status_code == 200
    assert (await client.post("", json=request("ping"), headers=one)).status_code == 404
    assert (await client.post("", json=request("ping"), headers=other)).status_code == 200
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client(url)) for _ in range(5)]
        told = await asyncio.gather(*(one.call_tool("route_task", {"task": "hi"}) for one in clients))
        assert not any(one.is_error for one in told)


async def test_as_many_connections_as_there_may_be() -> None:
    settings = {**SETTINGS, "mcp": {"http": {"max_connections": 2}}}
    async with mcp_http(settings) as url, AsyncExitStack() as stack:
        many = [await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=TAKES)) for _ in range(3)]
        told = [await one.post("", json=request("initialize", **HELLO)) for one in many]
        assert [reply.status_code for reply in told] == [200, 200, 503]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:8485"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"host": "localhost:1"}, 200),
        ({"host": "localhost:1", "origin": "http://localhost:1"}, 200),
    ],
)
async def test_hosts_and_pages(client: httpx.AsyncClient, headers: Mapping[str, str], status: int) -> None:
    reply = await client.post("", json=request("initialize", **HELLO), headers=headers)
    assert reply.status_code == status
    assert ("error" in answers(reply)) is (status != 200)


@pytest.mark.parametrize("hosts", [(b"evil.example", b"localhost:1"), (b"localhost:1", b"evil.example")])
async def test_of_two_hosts_none_counts(hosts: tuple[bytes, bytes]) -> None:
    async with mcp_http(SETTINGS) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(b"GET /mcp HTTP/1.1\r\nhost: %b\r\nhost: %b\r\n\r\n" % hosts)
        assert b"400" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        await writer.wait_closed()


async def test_once_there_are_keys_each_request_needs_one_and_a_session_stays_its_own(
    client: httpx.AsyncClient,
) -> None:
    first, second = (Apps(Home.of()).create(name).reveal() for name in ("first", "second"))
    for wrong in ({}, {"authorization": f"Bearer {first}x"}, {"authorization": f"Basic {first}"}, {"x-api-key": "x"}):
        reply = await client.post("", json=request("initialize", **HELLO), headers=wrong)
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")
        assert answers(reply)["id"] is None
        assert first not in reply.text
    session = await begun(client, authorization=f"Bearer {first}")
    call = request("tools/call", name="route_task", arguments={"task": "hi"})
    told = answers(await client.post("", json=call, headers=session))
    assert told["result"]["structuredContent"]["trace"]["app"] == "first"
    stolen = session | {"authorization": f"Bearer {second}"}
    assert (await client.post("", json=call, headers=stolen)).status_code == 404
    traces = request("resources/read", uri="aurarouter://traces")
    mine: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while not mine:  # traces are written in batches
            told = answers(await client.post("", json=traces, headers=session))
            mine = json.loads(told["result"]["contents"][0]["text"])
    assert [one["app"] for one in mine] == ["first"]
    other = await begun(client, **{"x-api-key": second})
    theirs = answers(await client.post("", json=traces, headers=other))["result"]["contents"][0]["text"]
    assert json.loads(theirs) == []
    Apps(Home.of()).revoke("first")
    assert (await client.post("", json=call, headers=session)).status_code == 401


async def test_a_path_makes_no_line_of_its_own_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="aurarouter_mcp.door")
    assert (await client.get("/a%0A2026 INFO forged")).status_code == 404
    (line,) = [record.getMessage() for record in caplog.records if record.name == "aurarouter_mcp.door"]
    assert line == "GET /mcp/a%0A2026%20INFO%20forged: 404"


async def test_what_is_no_request(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    session = await begun(client)
    for body, status, code in (
        (b"{tangerine", 400, -32700),
        (b"\xff\xfe", 400, -32700),
        (b"[]", 400, -32602),
        (json.dumps(request("tangerine")).encode(), 200, -32601),
        (json.dumps(request("tools/call", name="tangerine")).encode(), 200, -32602),
    ):
        reply = await client.post("", content=body, headers=session)
        assert (reply.status_code, answers(reply)["error"]["code"]) == (status, code)
    large = request("tools/call", name="route_task", arguments={"task": "tangerine" * 20_000})
    assert (await client.post("", json=large, headers=session)).status_code == 413
    assert (await client.post("/nothing", json={}, headers=session)).status_code == 404
    assert (await client.put("", json={}, headers=session)).status_code == 405
    assert "tangerine" not in caplog.text
    assert (await client.post("", json=request("ping"), headers=session)).status_code == 200


def test_strangers_need_a_key_and_tls(certificate: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"a client key .* and TLS"):
        guarded(Listening(host="0.0.0.0"), "mcp.http")
    Apps(Home.of()).create("a")
    with pytest.raises(ConfigError, match=r"needs TLS \('mcp.http.certificate'"):
        guarded(Listening(host="0.0.0.0"), "mcp.http")
    with pytest.raises(ConfigError, match="belong together"):
        guarded(Listening(certificate="x"), "mcp.http")
    with pytest.raises(Exception, match="a client key is needed"):
        guarded(
            Listening(host="0.0.0.0", certificate=certificate["certificate"], key=certificate["key"]), "mcp.http"
        ).app_of({})


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST /mc",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: a",
        b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{",
    ],
    ids=["nothing", "a line", "a head", "a body"],
)
async def test_a_request_that_does_not_come_holds_no_place(said: bytes) -> None:
    patience = {**SETTINGS, "mcp": {"http": {"read_timeout": 0.5}}}
    async with mcp_http(patience) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
        writer.write(said)
        with contextlib.suppress(ConnectionError):  # closed hard
            await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        async with httpx.AsyncClient(base_url=url, headers=TAKES) as patient:
            session = await begun(patient)
            await asyncio.sleep(0.7)  # a connection that waits for its next request falls silent, a session does not
            assert (await patient.post("", json=request("ping"), headers=session)).status_code == 200


async def test_an_answer_may_take_longer_than_its_request(fault_server: FaultServer) -> None:
    async def late(turn: Turn) -> None:
        await asyncio.sleep(1.2)
        await well(turn)

    fault_server.will(late)
    slow = {
        **SETTINGS,
        "models": {"e": {"provider": "openapi", "endpoint": fault_server.url}},
        "mcp": {"http": {"read_timeout": 0.5}},
    }
    async with mcp_http(slow) as url, asyncio.timeout(30), Client(url) as client:
        told = await client.call_tool("route_task", {"task": "hi"})
        assert not told.is_error
        assert len(fault_server.requests) == 1


async def test_fifty_megabytes_are_refused_by_the_limit_that_ships() -> None:
    async with mcp_http({**SETTINGS, "mcp": {}}) as url, httpx.AsyncClient(base_url=url, headers=TAKES) as client:
        session = await begun(client)
        body = json.dumps(request("tools/call", name="route_task", arguments={"task": "x" * 50_000_000})).encode()
        reply = await client.post("", content=body, headers=session)
        assert reply.status_code == 413
        assert (await client.post("", json=request("ping"), headers=session)).status_code == 200
