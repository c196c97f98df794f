"""A node as any gRPC client sees it: found by reflection, opened by an app's key, a proper status for what is wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.wire import codec
from aurarouter_auragrid.wire.generated.aurarouter_grid_v1_pb2 import GeneratePlanRequest
from grid_node import PROGRAM, SLOW, GridNode
from grid_raw import address, called, raw, signed

TASK = "Write a function that adds two numbers"


@pytest.mark.parametrize(
    ("data", "metadata", "code"),
    [
        (b"", [], "UNAUTHENTICATED"),
        (b"", [("authorization", "Bearer wrong")], "UNAUTHENTICATED"),
        (b"", [("authorization", "Basic eDp5")], "UNAUTHENTICATED"),
        (b"\xff\xff\xff", None, "INVALID_ARGUMENT"),
        (b"\x0a\xff", None, "INVALID_ARGUMENT"),
        (b"", [("x-request-id", "x" * 201)], "INVALID_ARGUMENT"),
        (b"\x0a" + b"\x80\x80\x08" + b"x" * 131072, None, "RESOURCE_EXHAUSTED"),
    ],
)
@pytest.mark.promise("security.3")
async def test_what_is_wrong_with_a_call_is_told_by_its_status(
    node: GridNode, data: bytes, metadata: list[tuple[str, str]] | None, code: str
) -> None:
    path = "/aurarouter.grid.v1.CodingService/GenerateCode"
    sent = metadata if metadata is not None and code == "UNAUTHENTICATED" else [*signed(node), *(metadata or [])]
    async with raw(node) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(path, None, None)(data, metadata=sent)
        assert caught.value.code().name == code
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary("/aurarouter.grid.v1.CodingService/Nope", None, None)(b"", metadata=signed(node))
        assert caught.value.code().name == "UNIMPLEMENTED"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["GeneratePlan", "GeneratePlanStream"])
async def test_a_number_that_json_does_not_have_is_the_callers_fault(node: GridNode, name: str, number: float) -> None:
    request = GeneratePlanRequest(intent=TASK)
    request.context["list"] = [1.0, number]
    path = f"/aurarouter.grid.v1.ReasoningService/{name}"
    async with raw(node) as channel:
        with pytest.raises(grpc.aio.AioRpcError, match="JSON does not have") as caught:
            async for _ in channel.unary_stream(path, None, None)(request.SerializeToString(), metadata=signed(node)):
                pass
    assert caught.value.code().name == "INVALID_ARGUMENT"
    assert "Traceback" not in node.log


async def never() -> AsyncIterator[bytes]:
    await asyncio.sleep(60)
    yield b""


async def test_who_has_no_key_takes_nobodys_place(node: GridNode) -> None:
    """Calls that are open without a key, or that the door refused and that say nothing more, are none of the four."""
    path, check = "/aurarouter.grid.v1.CodingService/GenerateCode", "/grpc.health.v1.Health/Watch"
    async with raw(node) as idle, raw(node) as channel:
        watching = [idle.unary_stream(check, None, None)(b"") for _ in range(8)]
        silent = [idle.stream_unary(path, None, None)(never()) for _ in range(8)]
        for each in watching:
            assert await each.read()
        said = await called(channel, node, "CodingService", "generate_code", {"plan_step": TASK})
        assert said["success"] is True
        for call in (*watching, *silent):
            call.cancel()


@pytest.mark.soak
async def test_an_apps_key_opens_the_node_where_it_was_made_and_once_shared_every_node(
    node: GridNode, tmp_path: Path
) -> None:
    keys = [json.loads(node.run("apps", "create", "till", "--json").stdout)["key"]]
    with GridNode("two", tmp_path, SLOW, node.joining, program=PROGRAM) as two:
        assert await opened(node, keys[0], "one")
        assert not await opened(node, keys[0], "two")
        assert node.run("grid", "apps", "share", "till").returncode == 0
        await until_opened(node, keys[0], "two", True)
        assert node.run("grid", "apps", "withdraw", "till").returncode == 0
        await until_opened(node, keys[0], "two", False)
        assert two.process is not None
    node.run("apps", "revoke", "till")
    assert not await opened(node, keys[0], "one")


async def opened(node: GridNode, key: str, name: str) -> bool:
    async with Engine(node.cell) as engine:
        where = next(found.address for found in await engine.registry.endpoints() if found.node == name)
    path = "/aurarouter.grid.v1.RouterService/ClassifyIntent"
    async with grpc.aio.insecure_channel(where) as channel:
        call = channel.unary_unary(path, None, None)(b"\x0a\x01x", metadata=[("x-api-key", key)])
        code = await call.code()
    assert code in (grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED)
    return code == grpc.StatusCode.OK


async def until_opened(node: GridNode, key: str, name: str, expected: bool) -> None:
    for _ in range(20):
        if await opened(node, key, name) == expected:
            return
        await asyncio.sleep(0.3)
    pytest.fail(f"it never became {expected}")


METHOD = "/aurarouter.grid.v1.CodingService/GenerateCode"


def curl(node: GridNode, *arguments: str, key: str = "") -> subprocess.CompletedProcess[str]:
    """A client that we did not write; with another key for the call itself where one is named."""
    program = Path(sys.executable).with_name("buf")
    (_, bearer), *_ = signed(node)
    said = f"Bearer {key}" if key else bearer
    base = [str(program), "curl", "--protocol", "grpc", "--http2-prior-knowledge"]
    headers = ["--header", f"authorization: {said}", "--reflect-header", f"authorization: {bearer}"]
    return subprocess.run([*base, *headers, *arguments], capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.promise("overview.3", "grpc.7")
def test_a_foreign_client_finds_and_calls_every_method_by_reflection(node: GridNode) -> None:
    url = f"http://{address(node)}"
    listed = curl(node, "--list-methods", url).stdout
    for method in codec.METHODS:
        assert method.path.lstrip("/") in listed
        body = {"task_description": TASK} if method.service == "RouterService" else {}
        body = body or {method.request.DESCRIPTOR.fields[0].name: TASK}
        done = curl(node, "-d", json.dumps(body), f"{url}{method.path}")
        assert done.returncode == 0, done.stderr
        assert '"success": true' in done.stdout or '"success":true' in done.stdout
    health = curl(node, "-d", "{}", f"{url}/grpc.health.v1.Health/Check")
    assert "SERVING" in health.stdout, health.stderr
    code = f"{url}{METHOD}"
    huge = json.dumps({"plan_step": "x" * 70_000})
    for words, key, wrong in (
        ("resource_exhausted", "", huge),
        ("unauthenticated", "wrong", "{}"),
        ("invalid value for string field", "", '{"plan_step": 3}'),  # the schema that it was told says so
    ):
        done = curl(node, "-d", wrong, code, key=key)
        assert done.returncode != 0
        assert words in done.stderr.lower(), done.stderr
