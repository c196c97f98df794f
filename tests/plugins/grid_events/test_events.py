"""Tasks as events: one result each, whatever comes twice or dies, and events in the order in which they came."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from contextlib import aclosing
from pathlib import Path

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.client.events import EventSubscriber
from aurarouter_auragrid.engine import topics
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import CellBusyError, EventRefusedError
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_auragrid.ports import Event
from aurarouter_hooks.values.ids import new_id
from grid_node import PROGRAM, SLOW, GridNode
from grid_reading import first, quiet

TASK = "Write a function that adds two numbers"


@pytest.mark.promise(
    "overview.5",
    "events.1",
    "events.3",
    "events.4",
    "events.5",
    "events.6",
    "events.7",
    "events.8",
    "events.9",
    "events.10",
    "events.11",
    "events.12",
)
async def test_a_task_goes_out_as_the_guide_says_and_its_result_comes_back(client: AuraRouterClient) -> None:
    """publish(topic=, payload=) of JSON text, and consume(topic) with a JSON payload."""
    request_id = new_id()
    request = {"request_id": request_id, "task": "Large code generation", "language": "python"}
    request |= {"return_topic": "my_app.results"}
    await client.publisher.publish(topic="aurarouter.routing_requests", payload=json.dumps(request))
    (event,) = await first("my_app.results", client)
    result = json.loads(event.payload)
    assert result.pop("timestamp").endswith("Z")
    assert result.pop("elapsed_s") >= 0
    assert result.pop("result").startswith("1. piece 0")
    assert result == {"request_id": request_id, "success": True, "language": "python"}


async def test_an_event_that_is_heard_of_before_it_can_be_read_is_looked_for_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subscriber's wake-up can come before a majority has stored the event; the slow look isn't waited for."""
    monkeypatch.setattr(topics, "LOOK", 3600.0)
    find = engine.events._next
    looks = 0

    async def too_early(subject: str, after: int) -> Event | None:
        nonlocal looks
        looks += 1
        return await find(subject, after) if looks > 5 else None

    monkeypatch.setattr(engine.events, "_next", too_early)
    async with asyncio.timeout(15), aclosing(engine.events.read("early.news", after=0)) as events:
        reading = asyncio.ensure_future(anext(events))
        while not looks:
            await asyncio.sleep(0.01)
        await engine.events.publish("early.news", b"at last", event_id=new_id(), headers={})
        assert (await reading).payload == b"at last"


async def test_the_same_request_many_times_has_one_result(client: AuraRouterClient, engine: Engine) -> None:
    request = {"request_id": new_id(), "task": TASK, "return_topic": "same.results"}
    for _ in range(3):
        await client.publisher.publish(REQUESTS_TOPIC, request)
    await first("same.results", client)
    # Past the engine's own memory for ids, the settled answer is what counts.
    for number in range(3):
        data = json.dumps(request).encode()
        await engine.requests.publish("anonymous", data, event_id=f"again.{number}.{new_id()}", headers={})
    assert len(await quiet("same.results", client)) == 1


async def test_the_same_id_is_another_request_for_another_app(node: GridNode, client: AuraRouterClient) -> None:
    request = {"request_id": "number-1", "task": TASK, "return_topic": "apps.results"}
    await client.publisher.publish(REQUESTS_TOPIC, request)
    async with AuraRouterClient(app="other", session=node.session()) as other:
        await other.publisher.publish(REQUESTS_TOPIC, request)
    assert len(await first("apps.results", client, count=2)) == 2


async def test_a_failure_is_a_result(client: AuraRouterClient) -> None:
    request_id = await client.submit(TASK, language="not a language!")
    result = await client.result(request_id)
    assert (result["success"], result["result"]) == (False, "")
    assert "'language' must be the name" in result["error"]


@pytest.mark.soak
async def test_a_node_that_dies_in_the_middle_leaves_its_request_to_another(
    node: GridNode, client: AuraRouterClient, tmp_path: Path
) -> None:
    grid = {**node.joining, "events": {"ack_wait": 2, "max_deliveries": 5}}
    with GridNode("other", tmp_path, SLOW, grid, program=PROGRAM) as other:
        given = [await client.submit("SLEEP 0.4", request_id=f"{new_id()}") for _ in range(8)]
        await asyncio.sleep(0.6)
        other.kill()
        results = await asyncio.wait_for(asyncio.gather(*map(client.result, given)), 30)
    assert [result["success"] for result in results] == [True] * 8


@pytest.mark.soak
async def test_long_work_is_not_given_to_a_second_node(client: AuraRouterClient) -> None:
    """It takes longer than the cell waits for a silent node."""
    result = await client.result(await client.submit("SLEEP 1.2"))
    assert result["success"] is True
    assert 3.5 < result["elapsed_s"] < 8


async def test_a_reader_that_is_cancelled_ends(engine: Engine) -> None:
    """Also when an event comes in the same moment, which `asyncio.wait_for` before Python 3.12 takes for the answer."""
    for number in range(100):
        await engine.events.publish("read.on", b"", event_id=str(number), headers={})

    async def read() -> None:
        async with aclosing(engine.events.read("read.on", after=0)) as events:
            async for _ in events:
                pass

    for _ in range(100):
        reading = asyncio.create_task(read())
        await asyncio.sleep(random.uniform(0.001, 0.02))
        reading.cancel()
        _, going = await asyncio.wait([reading], timeout=5)
        assert not going


@pytest.mark.promise("architecture.7")
async def test_what_was_accepted_outlives_the_server(node: GridNode, client: AuraRouterClient) -> None:
    given = [await client.submit("SLEEP 0.1") for _ in range(5)]
    os.kill(node.engine_pid(), signal.SIGKILL)
    results = await asyncio.wait_for(asyncio.gather(*map(client.result, given)), 30)
    assert [result["success"] for result in results] == [True] * 5
    assert (await client.result(await client.submit(TASK)))["success"] is True


@pytest.mark.promise("events.13")
async def test_a_publisher_is_told_when_the_cell_has_too_much_to_do(client: AuraRouterClient) -> None:
    given: list[str] = []

    async def too_many() -> None:
        while len(given) < 60:
            given.append(await client.submit("SLEEP 0.05"))

    with pytest.raises(CellBusyError) as caught:
        await too_many()
    assert caught.value.retry_after > 0
    results = await asyncio.wait_for(asyncio.gather(*map(client.result, given)), 30)
    assert all(result["success"] for result in results)


async def test_a_named_subscriber_goes_on_where_it_was(client: AuraRouterClient, node: GridNode) -> None:
    for number in range(4):
        await client.publisher.publish("numbers", str(number))
    found = []
    async with aclosing(client.subscriber.consume("numbers", after=None, consumer_id="reader")) as events:
        async for event in events:
            found.append(event.payload)
            if len(found) == 2:
                break
    async with (  # the second one was not finished, so it comes again
        node.session() as session,
        aclosing(EventSubscriber(session).consume("numbers", consumer_id="reader")) as events,
    ):
        async for event in events:
            found.append(event.payload)
            if len(found) == 5:
                break
    assert found == [b"0", b"1", b"1", b"2", b"3"]


async def test_an_event_that_is_published_twice_is_there_once(client: AuraRouterClient) -> None:
    done = [await client.publisher.publish("once", "x", event_id="the-one") for _ in range(2)]
    assert [one.duplicate for one in done] == [False, True]
    assert len(await quiet("once", client)) == 1


async def test_reserved_topics_are_for_the_cell(client: AuraRouterClient) -> None:
    for topic in ("aurarouter.other", "system.consensus", "auragrid.x"):
        with pytest.raises(EventRefusedError, match="reserved"):
            await client.publisher.publish(topic, "x")


async def test_a_task_is_submitted_under_any_id(client: AuraRouterClient) -> None:
    for request_id in ("日本 " + new_id(), "a b " + new_id()):
        assert await client.submit(TASK, request_id=request_id) == request_id
        assert (await client.result(request_id))["request_id"] == request_id
