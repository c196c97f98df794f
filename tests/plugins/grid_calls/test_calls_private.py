"""Private content in a call goes to cleared nodes only, however deep it is nested and whoever sends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aurarouter_auragrid import (
    create_service_client,
)
from aurarouter_auragrid.client.session import Session
from aurarouter_hooks import PrivacyError, RoutingError
from grid_node import GridNode
from grid_raw import called, raw

TASK = "Write a function that adds two numbers"


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
