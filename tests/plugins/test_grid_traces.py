"""One trace and one id from the client through calls and events to what a node asks of a backend."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient, create_service_client
from aurarouter_auragrid.client.session import Session
from aurarouter_hooks import TraceContext
from aurarouter_hooks.values.ids import new_id
from fault_server import FaultServer
from grid_node import GridNode

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE = TraceContext(trace_id=TRACE_ID, span_id="00f067aa0ba902b7")
TASK = "Write a function that adds two numbers"


@pytest.fixture(scope="module")
def backend() -> Iterator[FaultServer]:
    with FaultServer() as backend:
        yield backend


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, backend: FaultServer) -> Iterator[GridNode]:
    config = f"models: {{m: {{provider: openapi, endpoint: '{backend.url}'}}}}\nroles: {{coding: [m]}}\n"
    with GridNode("one", tmp_path_factory.mktemp("one"), config) as node:
        yield node


@pytest.fixture
async def session(node: GridNode) -> AsyncIterator[Session]:
    async with node.session() as session:
        yield session


def told(node: GridNode, task_id: str) -> dict[str, Any]:
    """What the node's trace of a task says; it is written a moment after the answer."""
    for _ in range(50):
        shown = node.run("trace", task_id, "--json")
        if shown.returncode == 0:
            trace: dict[str, Any] = json.loads(shown.stdout)
            return trace
        time.sleep(0.1)
    pytest.fail(shown.stderr)


def asked(backend: FaultServer) -> tuple[str, str]:
    """The trace and the span that the backend was told last."""
    _, trace_id, span_id, _ = backend.requests[-1].headers["traceparent"].split("-")
    return trace_id, span_id


@pytest.mark.promise("future.8")
async def test_a_call_is_one_trace_and_one_id_down_to_the_backend(
    node: GridNode, session: Session, backend: FaultServer
) -> None:
    given = f"a-callers-own-{new_id()}"
    client = create_service_client("CodingService", session)
    assert (await client.generate_code(plan_step=TASK, request_id=given, trace_context=TRACE))["success"] is True
    trace = told(node, given)
    assert (trace["task_id"], trace["id"]) == (given, TRACE_ID)
    assert asked(backend)[0] == TRACE_ID
    assert asked(backend)[1] in json.dumps(trace)  # the span of the attempt


@pytest.mark.promise("future.8")
async def test_an_event_is_one_trace_and_one_id_down_to_the_backend_and_back(
    node: GridNode, session: Session, backend: FaultServer
) -> None:
    async with AuraRouterClient(session=session) as client:
        given = await client.submit(TASK, return_topic="trace.results", trace_context=TRACE)
        async with aclosing(client.subscriber.consume("trace.results")) as events:
            event = await anext(events)
    assert event.headers["traceparent"].split("-")[1] == TRACE_ID
    trace = told(node, given)
    assert (trace["task_id"], trace["id"]) == (given, TRACE_ID)
    assert asked(backend)[0] == TRACE_ID
    assert asked(backend)[1] in json.dumps(trace)


async def test_a_caller_who_says_nothing_gets_an_id_and_a_trace_of_its_own(
    node: GridNode, session: Session, backend: FaultServer
) -> None:
    client = create_service_client("CodingService", session)
    for _ in range(2):
        assert (await client.generate_code(plan_step=TASK))["success"] is True
    first, second = (request.headers["traceparent"].split("-")[1] for request in backend.requests[-2:])
    assert first != second
