"""Tasks as events: one result each, whatever comes twice or dies; what is no request is set aside with the reason."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient, SyncAuraRouterClient
from aurarouter_auragrid.client.events import EventSubscriber
from aurarouter_auragrid.engine import topics
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REASON
from aurarouter_auragrid.errors import CellBusyError, CellUnavailableError, EventRefusedError
from aurarouter_auragrid.names import DEAD, REQUESTS_TOPIC, RESULTS_PREFIX, answer_key
from aurarouter_auragrid.ports import Event
from aurarouter_auragrid.request import Request
from aurarouter_auragrid.settings import Events
from aurarouter_hooks import PrivacyError
from aurarouter_hooks.values.ids import new_id
from grid_node import PROGRAM, SLOW, GridNode

TASK = "Write a function that adds two numbers"
CARD = "4539148803436467"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"events": {"ack_wait": 2, "max_deliveries": 2, "max_pending": 50}}
    with GridNode("one", tmp_path_factory.mktemp("one"), SLOW, grid, program=PROGRAM) as node:
        yield node


@pytest.fixture
async def client(node: GridNode) -> AsyncIterator[AuraRouterClient]:
    async with AuraRouterClient(session=node.session()) as client:
        yield client


@pytest.fixture
async def engine(node: GridNode) -> AsyncIterator[Engine]:
    async with Engine(node.cell) as engine:
        yield engine


async def first(topic: str, client: AuraRouterClient, count: int = 1, seconds: float = 15.0) -> list[Event]:
    """The first events of a topic since the client began."""
    found: list[Event] = []
    async with asyncio.timeout(seconds), aclosing(client.subscriber.consume(topic)) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


async def quiet(topic: str, client: AuraRouterClient, seconds: float = 1.5) -> list[Event]:
    """All events of a topic since the client began, up to now."""
    found: list[Event] = []
    try:
        async with asyncio.timeout(seconds), aclosing(client.subscriber.consume(topic)) as events:
            async for event in events:
                found.append(event)
    except TimeoutError:
        pass
    return found


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


@pytest.mark.promise("security.4")
async def test_private_content_is_no_event(client: AuraRouterClient, engine: Engine) -> None:
    for request in ({"task": "my ssn is 078-05-1120"}, {"task": TASK, "private": True}):
        with pytest.raises(PrivacyError, match="every node of the cell can read events"):
            await client.publisher.publish(REQUESTS_TOPIC, {"request_id": new_id(), **request})
    with pytest.raises(PrivacyError):
        await client.publisher.publish("my_app.notes", "my ssn is 078-05-1120")


@pytest.mark.parametrize(
    "more",
    [
        *({name: f"card {CARD}"} for name in ("note", "file_context", "timestamp", "language")),
        {f"card {CARD}": 1},
        {"note": {"card": int(CARD)}},
        {"note": [{"password": "tr0ub4dor&3xyz"}]},
        {"context": {"files": [{"name": "a", "content": "CONFIDENTIAL\nSalaries"}]}},
        {"context": {"password": "tr0ub4dor&3xyz"}},
    ],
)
async def test_a_request_with_private_content_anywhere_is_no_event(
    client: AuraRouterClient, more: dict[str, Any]
) -> None:
    said = {"request_id": new_id(), "task": TASK, **more}
    for payload in (said, json.dumps(said, ensure_ascii=False).encode()):
        with pytest.raises(PrivacyError, match="every node of the cell can read events"):
            await client.publisher.publish(REQUESTS_TOPIC, payload)


async def test_private_content_that_another_program_puts_in_reaches_no_model(
    client: AuraRouterClient, engine: Engine
) -> None:
    await engine.configuration.clear(["one"])  # clearance is for calls; an event lies open whoever reads it
    for request in ({"task": "my ssn is 078-05-1120"}, {"task": TASK, "private": True}):
        given = {"request_id": new_id(), **request}
        await engine.requests.publish("anonymous", json.dumps(given).encode(), event_id=new_id(), headers={})
        result = await asyncio.wait_for(client.result(str(given["request_id"])), 15)
        assert result["success"] is False
        assert "events can be read on every node" in result["error"]


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


@pytest.mark.promise("future.2")
def test_the_plain_client_does_the_same(node: GridNode) -> None:
    token = node.cell.token
    assert token is not None
    with SyncAuraRouterClient(url=node.cell.urls[0], token=token.reveal()) as client:
        assert client.generate_code("add two numbers", language="go")["language"] == "go"
        pieces = list(client.stream(TASK))
        assert pieces[0] == "1. piece 0\n"
        assert pieces[-1]["success"] is True
        assert client.result(client.submit(TASK))["success"] is True
        assert [record.name for record in client.nodes()] == ["one"]
        assert client.intelligent_code_gen(task_description=TASK)["task"] == TASK
        assert list(client.stream(task_description=TASK)) == pieces


def test_the_plain_client_says_that_it_is_closed_to_whoever_calls_or_waits(node: GridNode) -> None:
    token = node.cell.token
    assert token is not None
    client = SyncAuraRouterClient(url=node.cell.urls[0], token=token.reveal())
    shown = client.stream(TASK)
    next(shown)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.generate_code, "SLEEP 20")
        time.sleep(0.5)
        client.close()
        client.close()
        with pytest.raises(CellUnavailableError, match="this client is closed"):
            waiting.result(5)
    for act in (client.nodes, lambda: client.generate_code(TASK), lambda: next(shown)):
        with pytest.raises(CellUnavailableError, match="this client is closed"):
            act()
    shown.close()


def test_the_command_line_submits_and_lists(node: GridNode) -> None:
    done = node.run("grid", "submit", TASK, "--return-topic", "cli.results", "--json")
    assert json.loads(done.stdout)["success"] is True
    rows = json.loads(node.run("grid", "events", "cli.results", "--json").stdout)
    assert [json.loads(row["payload"])["success"] for row in rows] == [True]
    assert json.loads(node.run("grid", "events", "--dead", "--json").stdout)


def test_return_topics_can_be_narrowed_to_a_list() -> None:
    events = Events(return_topics=("shop",))
    for topic, allowed in (("shop", True), ("shop.results", True), ("shopping", False), ("other", False)):
        data = json.dumps({"request_id": "a", "task": "x", "return_topic": topic}).encode()
        if allowed:
            assert Request.parse("app", data, events).return_topic == topic
        else:
            with pytest.raises(EventRefusedError, match="not among those"):
                Request.parse("app", data, events)


async def test_a_task_is_submitted_under_any_id(client: AuraRouterClient) -> None:
    for request_id in ("日本 " + new_id(), "a b " + new_id()):
        assert await client.submit(TASK, request_id=request_id) == request_id
        assert (await client.result(request_id))["request_id"] == request_id


def test_null_is_the_same_as_leaving_it_out() -> None:
    needed = {"request_id": "a", "task": "x"}
    left_out = dict.fromkeys(("language", "return_topic", "context"))
    parsed = [Request.parse("app", json.dumps(said).encode(), Events()) for said in (needed, {**needed, **left_out})]
    assert parsed[0] == parsed[1]
    with pytest.raises(EventRefusedError, match="'task' is missing"):
        Request.parse("app", json.dumps({**needed, "task": None}).encode(), Events())


def test_any_text_may_be_an_id() -> None:
    for text in ("a b", "*", ">", "../x", "日本", "\ud800", "a" * 200):
        data: Any = json.dumps({"request_id": text, "task": "x"}).encode()
        request = Request.parse("app", data, Events())
        assert request.key == answer_key("app", text)
        assert request.return_topic.startswith(RESULTS_PREFIX)


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


def test_a_task_that_failed_ends_alike_in_words_and_as_json(node: GridNode) -> None:
    for more in ((), ("--json",)):
        done = node.run("grid", "submit", "x", "--language", "a; b", *more)
        assert done.returncode == 3
        assert "must be the name of a programming language" in (done.stdout if more else done.stderr)


async def test_of_what_was_set_aside_only_what_came_after_a_number_is_listed(node: GridNode, engine: Engine) -> None:
    for number in range(2):
        await engine.requests.publish("tail", b"junk", event_id=f"tail-{number}", headers={})
    found: list[int] = []
    async with asyncio.timeout(20):
        while len(found) < 2:
            found = [event.sequence_number async for event in engine.requests.dead() if event.topic == "tail"]
    done = node.run("grid", "events", "--dead", "--after", str(found[0]), "--json")
    assert [row["number"] for row in json.loads(done.stdout)] == found[1:]


def test_a_name_that_no_node_can_have_is_no_cell_that_is_silent(node: GridNode) -> None:
    done = node.run("grid", "drain", "a b")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "Error: no node is called 'a b'")
