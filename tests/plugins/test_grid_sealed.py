"""Requests that are sealed to the cell's key: nothing of them lies open, and rule 1 holds up to the model's socket."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REASON
from aurarouter_auragrid.errors import EventRefusedError, GridError, SealedError
from aurarouter_auragrid.sealing.envelope import Envelope, open_result, reply_key, seal_result
from aurarouter_auragrid.sealing.keys import EVENT_KEY, KeyFolder, PublicKey
from aurarouter_core import Home
from aurarouter_hooks import PrivacyError, Secret
from aurarouter_hooks.values.ids import new_id
from fault_server import FaultServer
from faults import hang, whole_stream
from grid_node import GridNode

SSN = "078-05-1120"
TASK = f"Write a letter to the person with the social security number {SSN}"
SECRET = "a-secret-of-the-program-that-asks-0123"
CONFIG = """
models:
  away: {{provider: openapi, endpoint: "{away}"}}
  here: {{provider: openapi, endpoint: "{here}", tags: [private]}}
roles: {{router: [away], reasoning: [away, here], coding: [away, here]}}
"""
Servers = tuple[FaultServer, FaultServer]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with FaultServer() as away, FaultServer() as here:
        here.always(whole_stream("Dear holder of ", SSN))
        yield away, here


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[GridNode]:
    away, here = servers
    config = CONFIG.format(away=away.url, here=here.url)
    grid = {"events": {"ack_wait": 2, "max_deliveries": 3}}
    with GridNode("one", tmp_path_factory.mktemp("one"), config, grid) as node:
        yield node


@pytest.fixture
async def client(node: GridNode) -> AsyncIterator[AuraRouterClient]:
    async with AuraRouterClient(session=Session(cell=node.cell, event_secret=SECRET)) as client:
        yield client


@pytest.fixture
async def engine(node: GridNode) -> AsyncIterator[Engine]:
    async with Engine(node.cell) as engine:
        yield engine


def keys(node: GridNode, *arguments: str) -> Any:
    done = node.run("grid", "keys", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def buried(engine: Engine) -> str:
    """Why the last request was set aside."""
    before = [event.sequence_number async for event in engine.requests.dead()]
    for _ in range(150):
        found = [event async for event in engine.requests.dead()]
        if len(found) > len(before):
            return found[-1].headers[REASON]
        await asyncio.sleep(0.1)
    pytest.fail("nothing was set aside")


async def test_without_a_key_nothing_can_be_encrypted(client: AuraRouterClient) -> None:
    with pytest.raises(PrivacyError, match="no key to encrypt events to"):
        await client.submit(TASK, encrypt=True)
    with pytest.raises(EventRefusedError, match="only requests can be encrypted"):
        await client.publisher.publish("my_app.notes", "x", encrypt=True)
    with pytest.raises(PrivacyError, match="every node of the cell can read events") as caught:
        await client.submit(TASK)
    assert "encrypt=True" in caught.value.hint


async def test_a_sealed_request_waits_for_a_cleared_node_and_only_the_models_for_it_see_it(
    node: GridNode, client: AuraRouterClient, engine: Engine, servers: Servers
) -> None:
    """From client through event, redelivery and a node's death to the model: no byte of it reaches the other one."""
    away, here = servers
    (made,) = keys(node, "make")
    assert made["used"]
    given = await client.submit(TASK, return_topic="letters", context={"note": "born 1970"}, encrypt=True)
    again = await client.submit(
        TASK, request_id=given, return_topic="letters", context={"note": "born 1970"}, encrypt=True
    )
    await asyncio.sleep(0.5)
    assert given.encode() in on_disk(node)
    require_hidden(on_disk(node))
    assert (again, here.requests, away.bytes_received) == (given, [], 0)  # no node is cleared yet
    here.will(hang)
    await engine.configuration.clear(["one"])
    for _ in range(100):
        if here.hanging.is_set():
            break
        await asyncio.sleep(0.1)
    await asyncio.to_thread(node.kill)  # in the middle of it
    await asyncio.to_thread(node.start)
    result = await asyncio.wait_for(client.result(given, "letters"), 40)
    assert (result["success"], result["result"]) == (True, f"Dear holder of {SSN}")
    assert sum(SSN in request.body.decode() for request in here.requests) == 2
    assert away.bytes_received == 0
    async with AuraRouterClient(session=Session(cell=node.cell)) as other:
        with pytest.raises(SealedError, match="encrypted for another program"):
            await asyncio.wait_for(other.result(given, "letters"), 10)


async def test_what_lies_on_disk_holds_nothing_of_it(node: GridNode, client: AuraRouterClient) -> None:
    given = await client.submit(TASK, return_topic="letters.disk", encrypt=True)
    assert (await client.result(given, "letters.disk"))["success"] is True
    await client.publisher.publish("my_app.notes", "so it would be found")
    lying = on_disk(node)
    assert b"so it would be found" in lying
    assert given.encode() in lying
    require_hidden(lying)


def on_disk(node: GridNode) -> bytes:
    store = node.home / "grid" / "engine" / "store"
    return b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def require_hidden(lying: bytes) -> None:
    for text in (SSN, "social security", "Dear holder", "born 1970"):
        assert text.encode() not in lying
        for shift in range(3):  # nor as base64, wherever it begins
            coded = base64.b64encode(b" " * shift + text.encode()).rstrip(b"=")
            assert coded[4:-2] not in lying


async def test_what_was_changed_on_the_way_or_sealed_for_another_is_set_aside(
    client: AuraRouterClient, engine: Engine
) -> None:
    public = PublicKey.said(await engine.configuration.get(EVENT_KEY))
    assert public is not None
    said = {"request_id": "a", "return_topic": "letters", "task": TASK}
    sealed = Envelope.seal("till", said, public, b"k" * 32)
    cut = evolve(sealed, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    for app, payload, why in (
        ("other", sealed.payload, "can't be opened: InvalidTag"),
        ("till", sealed.payload.replace(b"letters", b"thieves"), "can't be opened: InvalidTag"),
        ("till", cut.payload, "can't be opened: InvalidTag"),
        ("till", b'{"request_id": "a", "return_topic": "x", "sealed": 3}', "no sealed request"),
        ("till", Envelope.seal("till", {**said, "task": 3}, public, b"k" * 32).payload, "is no request"),
    ):
        waiting = asyncio.create_task(buried(engine))
        await asyncio.sleep(0.1)
        await engine.requests.publish(app, payload, event_id=new_id(), headers={}, sealed=True)
        reason = await waiting
        assert why in reason
        assert SSN not in reason


async def test_a_new_key_takes_over_and_the_old_one_opens_what_still_waits(
    node: GridNode, client: AuraRouterClient, engine: Engine
) -> None:
    old = next(row["id"] for row in keys(node, "list") if row["used"])
    public = PublicKey.said(await engine.configuration.get(EVENT_KEY))
    assert public is not None
    new = next(row["id"] for row in keys(node, "make") if row["id"] != old)
    assert [row["id"] for row in keys(node, "use", new) if row["used"]] == [new]
    said = {"request_id": new_id(), "return_topic": "letters.old", "task": TASK}
    late = Envelope.seal("anonymous", said, public, reply_key(Secret(SECRET), said["request_id"]))
    await engine.requests.publish("anonymous", late.payload, event_id=new_id(), headers={}, sealed=True)
    assert (await asyncio.wait_for(client.result(said["request_id"], "letters.old"), 20))["success"] is True
    assert (await client.result(await client.submit(TASK, encrypt=True)))["success"] is True
    refused = node.run("grid", "keys", "forget", new)
    assert (refused.returncode, "the cell uses the key" in refused.stderr) == (1, True)
    assert [row["id"] for row in keys(node, "forget", old)] == [new]
    waiting = asyncio.create_task(buried(engine))
    await engine.requests.publish("anonymous", late.payload, event_id=new_id(), headers={}, sealed=True)
    assert f"sealed to the key '{old}', which no node has" in await waiting


def test_a_key_is_for_its_user_alone_and_holds_what_its_name_says(tmp_path: Path) -> None:
    own = KeyFolder(Home(tmp_path))
    first, second = own.make(), own.make()
    for path in own.path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (own.path / f"{first.id}.pem").write_bytes((own.path / f"{second.id}.pem").read_bytes())
    with pytest.raises(GridError, match="another key than its name"):
        own.key(first.id)
    (own.path / f"{first.id}.pem").write_text("nonsense")
    with pytest.raises(GridError, match="can't be read"):
        own.key(first.id)
    with pytest.raises(GridError, match="not on this machine"):
        own.key("../x")
    with pytest.raises(GridError, match="no key"):
        PublicKey.said("nonsense")


def test_only_who_asked_can_open_a_result_and_short_secrets_are_refused() -> None:
    result = {"request_id": "a", "success": True, "result": TASK}
    sealed = json.dumps(seal_result(result, reply_key(Secret(SECRET), "a"))).encode()
    assert SSN.encode() not in sealed
    assert json.loads(open_result(sealed, Secret(SECRET))) == result
    for payload, secret in ((sealed, SECRET + "x"), (sealed.replace(b'"a"', b'"b"'), SECRET), (b"[]", SECRET)):
        with pytest.raises(SealedError):
            open_result(payload, Secret(secret))
    with pytest.raises(GridError, match="32 are the least"):
        reply_key(Secret("short"), "a")


async def test_a_subscriber_gets_its_results_opened(client: AuraRouterClient) -> None:
    await client.submit(TASK, return_topic="mine", encrypt=True)
    async with asyncio.timeout(15), aclosing(client.subscriber.consume("mine")) as events:
        async for event in events:
            assert json.loads(event.payload)["result"] == f"Dear holder of {SSN}"
            break
