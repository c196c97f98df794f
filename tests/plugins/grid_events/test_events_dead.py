"""What is no request, or what no node survives, is set aside with the reason, and stops nobody."""

from __future__ import annotations

import asyncio
import json

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REASON
from aurarouter_auragrid.errors import CellBusyError, EventRefusedError
from aurarouter_auragrid.names import DEAD, REQUESTS_TOPIC, RESULTS_PREFIX
from aurarouter_auragrid.ports import Event
from aurarouter_hooks.values.ids import new_id
from grid_node import GridNode
from grid_reading import first, quiet

TASK = "Write a function that adds two numbers"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "'request_id' is missing"),
        (b'{"request_id": 3, "task": "x"}', "'request_id' must be text"),
        (b'{"request_id": "a", "task": ""}', "'task' is empty"),
        (b'{"request_id": "a", "task": "x", "return_topic": "system.x"}', "reserved"),
        (b'{"request_id": "a", "task": "x", "return_topic": "aurarouter.routing_requests"}', "reserved"),
        (b'{"request_id": "a", "task": "x", "return_topic": "a.>"}', "not the name of a topic"),
        (b'{"request_id": "a", "task": "x", "return_topic": "$KV.AURAROUTER_CELL.cleared"}', "not the name of a topic"),
        (b'{"request_id": "a", "task": "x", "context": 3}', "'context' must be"),
        (b'{"request_id": "a", "task": "x", "private": "yes"}', "'private' must be"),
        (b'{"request_id": "a", "task": "x", "note": "y", "note": "z"}', "no JSON: a key stands twice"),
        (b'{"request_id": "' + b"a" * 300 + b'", "task": "x"}', "300 characters"),
        (b'{"request_id": "a", "task": "' + b"x" * 600_000 + b'"}', "bytes"),
    ],
)
async def test_what_is_no_request_is_refused_at_both_ends(
    client: AuraRouterClient, engine: Engine, payload: bytes, why: str
) -> None:
    """The publisher is told at once; what another program puts in is set aside with the reason."""
    with pytest.raises(EventRefusedError, match=why):
        await client.publisher.publish(REQUESTS_TOPIC, payload)
    before = {event.sequence_number async for event in engine.requests.dead()}
    await engine.requests.publish("anonymous", payload, event_id=new_id(), headers={})
    buried = await dead_since(engine, before)
    assert why.strip("'")[:20].split("'")[0] in buried.headers[REASON]
    assert buried.payload == payload


async def dead_since(engine: Engine, before: set[int]) -> Event:
    for _ in range(100):
        found = [event async for event in engine.requests.dead() if event.sequence_number not in before]
        if found:
            return found[0]
        await asyncio.sleep(0.1)
    pytest.fail("nothing was set aside")


async def test_an_id_that_is_used_for_something_else_is_set_aside(client: AuraRouterClient, engine: Engine) -> None:
    before = {event.sequence_number async for event in engine.requests.dead()}
    request = {"request_id": new_id(), "task": TASK, "return_topic": "twice.results"}
    await client.publisher.publish(REQUESTS_TOPIC, request)
    await first("twice.results", client)
    await client.publisher.publish(REQUESTS_TOPIC, {**request, "task": "something else"})
    assert "was used for another request" in (await dead_since(engine, before)).headers[REASON]
    assert len(await quiet("twice.results", client)) == 1


async def test_what_no_node_survives_is_set_aside_told_and_can_be_given_out_again(
    node: GridNode, client: AuraRouterClient, engine: Engine
) -> None:
    before = {event.sequence_number async for event in engine.requests.dead()}
    given = await client.submit("DIE unless MERCY exists")
    result = await client.result(given)
    assert result["success"] is False
    assert "no node lived to answer it" in result["error"]
    buried = await dead_since(engine, before)
    (node.folder / "mercy").touch()
    done = node.run("grid", "events", "--dead", "--replay", str(buried.sequence_number), "--json")
    assert json.loads(done.stdout)["success"] is True, done.stderr
    topic = f"{RESULTS_PREFIX}{given}"
    results = [json.loads(event.payload) for event in await first(topic, client, count=2)]
    assert [result["success"] for result in results] == [False, True]
    assert buried.sequence_number not in {event.sequence_number async for event in engine.requests.dead()}


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_many_malformed_events_stop_nobody(client: AuraRouterClient, engine: Engine, count: int) -> None:
    before = (await engine.connection.js.stream_info(DEAD)).state.last_seq
    for number in range(count):
        while True:
            try:
                await engine.requests.publish("anonymous", b"\x00" * (number % 1000), event_id=new_id(), headers={})
                break
            except CellBusyError:
                await asyncio.sleep(0.05)
    assert (await client.result(await client.submit(TASK)))["success"] is True
    for _ in range(600):
        if (await engine.connection.js.stream_info(DEAD)).state.last_seq == before + count:
            break
        await asyncio.sleep(0.1)
    else:
        pytest.fail("not all were set aside")


async def test_of_what_was_set_aside_only_what_came_after_a_number_is_listed(node: GridNode, engine: Engine) -> None:
    for number in range(2):
        await engine.requests.publish("tail", b"junk", event_id=f"tail-{number}", headers={})
    found: list[int] = []
    async with asyncio.timeout(20):
        while len(found) < 2:
            found = [event.sequence_number async for event in engine.requests.dead() if event.topic == "tail"]
    done = node.run("grid", "events", "--dead", "--after", str(found[0]), "--json")
    assert [row["number"] for row in json.loads(done.stdout)] == found[1:]


def test_the_command_line_submits_and_lists(node: GridNode) -> None:
    done = node.run("grid", "submit", TASK, "--return-topic", "cli.results", "--json")
    assert json.loads(done.stdout)["success"] is True
    rows = json.loads(node.run("grid", "events", "cli.results", "--json").stdout)
    assert [json.loads(row["payload"])["success"] for row in rows] == [True]
    assert json.loads(node.run("grid", "events", "--dead", "--json").stdout)
