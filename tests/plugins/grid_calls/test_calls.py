"""The services over gRPC: as the guide says, in pieces, and within their bounds."""

from __future__ import annotations

import asyncio
import json

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
from aurarouter_auragrid.errors import CallFailedError, CellUnavailableError, GridError
from aurarouter_auragrid.records import Endpoint
from aurarouter_auragrid.services import RouterService_client
from aurarouter_auragrid.wire.codec import SERVICES
from aurarouter_hooks import RoutingError
from grid_node import GridNode

PIECES = "1. piece 0\n2. piece 1\n3. piece 2\n"
TASK = "Write a function that adds two numbers"


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
