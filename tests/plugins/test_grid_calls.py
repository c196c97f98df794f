"""The services over gRPC: as the guide says, in pieces, by reflection, and with a proper status for what is wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from aurarouter_auragrid import (
    AuraRouterClient,
    create_service_client,
    disconnect,
    event_publisher,
    event_subscriber,
    services,
)
from aurarouter_auragrid.client.endpoints import Endpoints
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import CallFailedError, CellUnavailableError, GridError
from aurarouter_auragrid.records import Endpoint
from aurarouter_auragrid.services import RouterService_client
from aurarouter_auragrid.wire import codec
from aurarouter_auragrid.wire.codec import SERVICES
from aurarouter_auragrid.wire.generated.aurarouter_grid_v1_pb2 import GeneratePlanRequest
from aurarouter_hooks import PrivacyError, RoutingError
from grid_node import PROGRAM, SLOW, GridNode

PIECES = "1. piece 0\n2. piece 1\n3. piece 2\n"
TASK = "Write a function that adds two numbers"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"max_calls": 4, "max_message": 65536}
    with GridNode("one", tmp_path_factory.mktemp("one"), SLOW, grid, program=PROGRAM) as node:
        yield node


@pytest.fixture
async def session(node: GridNode) -> AsyncIterator[Session]:
    async with node.session() as session:
        yield session


@pytest.mark.promise(
    "overview.4",
    "router-service.9",
    "router-service.10",
    "reasoning-service.9",
    "reasoning-service.10",
    "coding-service.9",
    "unified-service.11",
    "grpc.1",
    "grpc.3",
    "grpc.4",
    "grpc.5",
    "grpc.6",
    "architecture.4",
    "architecture.8",
)
async def test_each_service_gives_exactly_what_the_guide_says(session: Session) -> None:
    """The four methods, their inputs by name, and their outputs."""
    said = await create_service_client("RouterService", session).classify_intent(
        task_description="Write a Python function to compute factorials", context={"file": "a.py", "lines": 3}
    )
    assert said["success"] is True
    assert said["classification"] in ("DIRECT", "SIMPLE_CODE", "COMPLEX_REASONING")
    assert said["task"] == "Write a Python function to compute factorials"
    assert 1 <= said["complexity"] <= 10
    said = await create_service_client("ReasoningService", session).generate_plan(intent=TASK)
    assert (said["success"], said["intent"], said["step_count"]) == (True, TASK, len(said["steps"]))
    assert said["steps"]
    said = await create_service_client("CodingService", session).generate_code(plan_step=TASK, language="rust")
    assert said == {
        "code": "1. piece 0\n2. piece 1\n3. piece 2\n",
        "language": "rust",
        "plan_step": TASK,
        "success": True,
    }
    said = await create_service_client("UnifiedRouterService", session).intelligent_code_gen(
        task=TASK, file_context="# Existing code"
    )
    assert said == {
        "result": PIECES,
        "task": TASK,
        "language": "python",
        "context_provided": True,
        "success": True,
    }


@pytest.mark.promise("router-service.8", "grpc.2", "events.2", "performance.1", "architecture.5")
async def test_names_of_the_guide_can_be_imported_and_work_at_once(
    node: GridNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program of this machine's user needs no address, and is served by this machine's own node."""
    monkeypatch.setenv("AURAROUTER_HOME", str(node.home))
    assert RouterService_client is services.RouterService_client
    try:
        result = await RouterService_client.classify_intent(task_description=TASK)
        assert result["success"] is True
        assert (await event_publisher.publish(topic="guide.names", payload="{}")).event_id
        async for event in event_subscriber.consume("guide.names"):
            assert event.payload == b"{}"
            break
        busy = Endpoint(node="far", instance="b", address="", services=SERVICES, load=0.0)
        here = Endpoint(node="near", instance="a", address="", services=SERVICES, load=0.9)
        chosen = await Endpoints(Known([busy, here]), "near").candidates("CodingService", cleared=False)
        assert [endpoint.node for endpoint in chosen] == ["near", "far"]
    finally:
        await disconnect()


class Known:
    """A registry that says what it was given."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._endpoints = endpoints

    async def endpoints(self, service: str = "") -> list[Endpoint]:
        return self._endpoints


async def test_a_failure_is_told_in_the_result(session: Session) -> None:
    said = await create_service_client("CodingService", session).generate_code(plan_step=" ")
    assert (said["success"], said["code"]) == (False, "")
    assert "'plan_step' is empty" in said["error"]


async def test_what_no_service_takes_is_refused_before_it_is_sent(session: Session) -> None:
    client = create_service_client("CodingService", session)
    with pytest.raises(RoutingError, match="'plan_step' can't be int"):
        await client.call("generate_code", {"plan_step": 3})
    with pytest.raises(RoutingError, match="there is no input 'nonsense'"):
        await client.call("generate_code", {"nonsense": "x"})
    with pytest.raises(RoutingError, match="has no 'nonsense'"):
        await client.call("nonsense", {})
    with pytest.raises(GridError, match="no service is called 'Nonsense'"):
        create_service_client("Nonsense", session)


async def test_an_answer_comes_in_pieces_and_the_last_is_the_result(session: Session) -> None:
    client = create_service_client("UnifiedRouterService", session)
    pieces = [piece async for piece in client.intelligent_code_gen_stream(task=TASK)]
    assert pieces[:-1] == ["1. piece 0\n", "2. piece 1\n", "3. piece 2\n"]
    assert pieces[-1] == await client.intelligent_code_gen(task=TASK)


async def test_a_task_has_two_names_and_needs_one_of_them(session: Session) -> None:
    client = create_service_client("UnifiedRouterService", session)
    said = await client.intelligent_code_gen(task_description=TASK)
    assert (said["success"], said["task"]) == (True, TASK)
    assert [piece async for piece in client.intelligent_code_gen_stream(task_description=TASK)][-1] == said
    for inputs in ({}, {"task": TASK, "task_description": TASK}):
        with pytest.raises(RoutingError, match="'task' and 'task_description' are two names for one input"):
            await client.intelligent_code_gen(**inputs)
        with pytest.raises(RoutingError, match="two names for one input"):
            client.intelligent_code_gen_stream(**inputs)
    async with AuraRouterClient(session=session) as whole:
        assert await whole.intelligent_code_gen(task_description=TASK) == said
        assert [piece async for piece in whole.stream(task_description=TASK)][-1] == said


async def test_on_the_wire_too_a_task_has_two_names(node: GridNode) -> None:
    # What a program in another language leaves out must not count as the empty text.
    call = ["grid", "call", "UnifiedRouterService", "intelligent_code_gen", "--json"]
    done = node.run(*call, f"task_description={TASK}")
    assert (json.loads(done.stdout)["task"], done.returncode) == (TASK, 0)
    done = node.run(*call)
    assert (json.loads(done.stdout)["error"], done.returncode) == ("'task' is empty", 3)


async def test_an_id_that_no_header_can_hold_is_refused_in_words(session: Session) -> None:
    client = create_service_client("CodingService", session)
    for request_id in ("日本", "x\ny"):
        with pytest.raises(RoutingError, match="'request_id' of a call must be printable ASCII"):
            await client.generate_code(plan_step=TASK, request_id=request_id)
        with pytest.raises(RoutingError, match="printable ASCII"):
            _ = [piece async for piece in client.generate_code_stream(plan_step=TASK, request_id=request_id)]


async def test_an_answer_may_be_longer_than_a_request(session: Session) -> None:
    longest = "x" * 65_500  # and the node takes requests of 65,536 bytes
    client = create_service_client("CodingService", session)
    result = await client.generate_code(plan_step=longest)
    assert (result["success"], result["plan_step"]) == (True, longest)
    assert [piece async for piece in client.generate_code_stream(plan_step=longest)][-1] == result


async def test_a_deadline_holds(session: Session) -> None:
    client = create_service_client("CodingService", session)
    try:
        result = await client.generate_code(plan_step="SLEEP 5", deadline=0.3)
        ended = "the node's" if result["success"] is False else "none"
    except CallFailedError as error:
        ended = error.code
    assert ended in ("DEADLINE_EXCEEDED", "the node's"), "whoever is quicker"


async def test_a_call_that_is_cancelled_stops_the_work_on_the_node(session: Session, node: GridNode) -> None:
    client = create_service_client("CodingService", session)
    running = asyncio.create_task(client.generate_code(plan_step="SLEEP 20"))
    engine = await session.engine()
    for expected in (0.25, 0.0):
        for _ in range(100):
            await asyncio.sleep(0.1)
            if [record.load for record in await engine.membership.nodes()] == [expected]:
                break
        else:
            pytest.fail(f"the node's load never became {expected}")
        running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_more_calls_than_a_node_takes_are_made_when_there_is_room(session: Session) -> None:
    client = create_service_client("CodingService", session)
    said = await asyncio.gather(*(client.generate_code(plan_step="SLEEP 0.05") for _ in range(12)))
    assert [one["success"] for one in said] == [True] * 12


async def test_private_content_is_not_sent_to_a_node_that_is_not_cleared(session: Session) -> None:
    client = create_service_client("CodingService", session)
    for inputs, private in (({"plan_step": TASK}, True), ({"plan_step": "my ssn is 078-05-1120"}, False)):
        with pytest.raises(PrivacyError, match="no node of the cell is cleared"):
            await client.generate_code(**inputs, private=private)


async def test_what_is_declared_private_among_the_inputs_is_private(session: Session) -> None:
    client = create_service_client("CodingService", session)
    with pytest.raises(PrivacyError, match="no node of the cell is cleared"):
        await client.call("generate_code", {"plan_step": TASK, "private": True})
    with pytest.raises(RoutingError, match="'private' can't be str"):
        await client.call("generate_code", {"plan_step": TASK, "private": "yes"})


async def test_a_node_that_is_not_cleared_asks_no_model_whoever_sends_private_content(node: GridNode) -> None:
    async with raw(node) as channel:
        for request in ({"plan_step": TASK, "private": True}, {"plan_step": "my ssn is 078-05-1120"}):
            said = await called(channel, node, "CodingService", "generate_code", request)
            assert said["success"] is False
            assert "does not clear this node" in said["error"]


async def test_a_node_looks_through_a_context_however_deep_it_is_nested(node: GridNode) -> None:
    async with raw(node) as channel:
        request = {"intent": "1. a\n2. b", "context": {"doc": [{"content": "CONFIDENTIAL\nSalaries"}]}}
        said = await called(channel, node, "ReasoningService", "generate_plan", request)
        assert said["success"] is False
        assert "does not clear this node" in said["error"]


@pytest.mark.parametrize("note", ["anna.berg@nordwind.de", ["SSN:\n123-45-6789"], {"password": "tr0ub4dor&3xyz"}])
def test_a_client_finds_what_is_private_however_deep_it_is_nested(note: Any) -> None:
    client = create_service_client("ReasoningService")
    for context, private in (({"note": note}, True), ({"note": "nothing"}, False)):
        _, request, seen, _ = client._prepared("generate_plan", {"intent": "x", "context": context}, {}, streams=False)
        assert (request.private, seen) == (False, private)


async def test_a_cleared_node_does_private_work_and_one_that_is_cleared_no_more_does_not(
    session: Session, node: GridNode
) -> None:
    client = create_service_client("CodingService", session)
    engine = await session.engine()
    await engine.configuration.clear(["one"])
    said = await until_allowed(client)
    assert said["success"] is True
    await engine.configuration.clear([])
    for _ in range(100):
        await asyncio.sleep(0.1)
        try:
            await client.generate_code(plan_step=TASK, private=True)
        except PrivacyError:
            return
    pytest.fail("private work was done on and on")


async def until_allowed(client: Any) -> dict[str, Any]:
    for _ in range(100):
        try:
            return await client.generate_code(plan_step=TASK, private=True)  # type: ignore[no-any-return]
        except PrivacyError:
            await asyncio.sleep(0.1)
    pytest.fail("it was never cleared")


def raw(node: GridNode) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address(node))


def address(node: GridNode) -> str:
    rows = json.loads(node.run("grid", "services", "--json").stdout)
    return str(rows[0]["address"])


def signed(node: GridNode) -> list[tuple[str, str]]:
    token = node.cell.token
    assert token is not None
    return [("authorization", f"Bearer {token.reveal()}")]


async def called(
    channel: grpc.aio.Channel, node: GridNode, service: str, name: str, request: dict[str, Any]
) -> dict[str, Any]:
    method = codec.method(service, name)
    assert method is not None
    data = codec.request(method.request, request).SerializeToString()
    reply = await channel.unary_unary(method.path, None, None)(data, metadata=signed(node))
    return codec.result(codec.parsed(method.reply, reply))


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


@pytest.mark.soak  # the node takes its lease again within two seconds: on a busy machine before the call
async def test_a_cell_without_nodes_is_said(node: GridNode) -> None:
    async with node.session() as session:
        client = create_service_client("CodingService", session)
        engine = await session.engine()
        await engine.endpoint_leases.remove("one", (await engine.endpoint_leases.read("one"))[1])
        with pytest.raises(CellUnavailableError, match="no node answered"):
            await client.generate_code(plan_step=TASK, deadline=0.5)


def test_the_command_line_calls_and_streams(node: GridNode) -> None:
    done = node.run("grid", "call", "CodingService", "generate_code", f"plan_step={TASK}", "language=go", "--json")
    assert json.loads(done.stdout)["language"] == "go"
    done = node.run("grid", "call", "CodingService", "generate_code", f"plan_step={TASK}", "--stream")
    assert done.stdout.startswith("1. piece 0\n2. piece 1\n3. piece 2\n")
    assert node.run("grid", "call", "CodingService", "generate_code", "plan_step=").returncode == 3
    assert node.run("grid", "call", "CodingService", "generate_code", "plan_step").returncode == 2
