"""A node that the cell does not clear asks no model for private content: whatever its rules do, and whoever is away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.settled import APPS, CLEARED, NatsConfiguration
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_auragrid.wire import codec
from aurarouter_hooks import PrivacyError
from aurarouter_hooks.values.ids import new_id
from grid_node import ECHO, GridNode

CARD = "4539 1488 0343 6467"
PAY = f"Pay with {CARD}"
RULES = "privacy: {rules: {card: redact, iban: allow}}\n"
ALLOWED = "Pay to DE89 3704 0044 0532 0130 00"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("one", tmp_path_factory.mktemp("one"), ECHO + RULES) as node:
        yield node


@pytest.fixture
async def engine(node: GridNode) -> AsyncIterator[Engine]:
    async with Engine(node.cell) as engine:
        yield engine
        await engine.configuration.clear([])


async def called(address: str, cell_token: str, text: str, *more: tuple[str, str]) -> dict[str, Any]:
    """What a client that looks at nothing is told."""
    method = codec.method("CodingService", "generate_code")
    assert method is not None
    data = codec.request(method.request, {"plan_step": text}).SerializeToString()
    metadata = [("authorization", f"Bearer {cell_token}"), *more]
    async with grpc.aio.insecure_channel(address) as channel:
        reply = await channel.unary_unary(method.path, None, None)(data, metadata=metadata, timeout=20)
    return codec.result(codec.parsed(method.reply, reply))


async def said(node: GridNode, engine: Engine, text: str, *more: tuple[str, str]) -> dict[str, Any]:
    token = node.cell.token
    assert token is not None
    return await called((await engine.membership.nodes())[0].address, token.reveal(), text, *more)


@pytest.mark.parametrize("text", [PAY, "Write to anna.berg@nordwind.de"])  # replaced, and flagged
async def test_what_a_rule_only_replaces_or_flags_is_private_on_a_node_that_is_not_cleared(
    node: GridNode, engine: Engine, text: str
) -> None:
    answer = await said(node, engine, text)
    assert (answer["success"], answer["code"]) == (False, "")
    assert "does not clear this node" in answer["error"]
    assert (await said(node, engine, ALLOWED))["success"] is True  # what it is told not to look for is not private
    await engine.configuration.clear(["one"])
    answer = await said(node, engine, text)
    assert text in answer["code"]


async def test_an_event_of_another_program_with_what_is_replaced_reaches_no_model(
    node: GridNode, engine: Engine
) -> None:
    await engine.configuration.clear(["one"])  # an event can be read on every node, cleared or not
    request = {"request_id": new_id(), "task": PAY, "return_topic": "open.results"}
    async with AuraRouterClient(session=Session(cell=node.cell)) as client:
        await engine.requests.publish(
            "anonymous", json.dumps(request).encode(), event_id=request["request_id"], headers={}
        )
        async with asyncio.timeout(15), aclosing(client.subscriber.consume("open.results")) as events:
            result = (await anext(events)).payload.decode()
    assert json.loads(result)["success"] is False
    assert "events can be read on every node" in result
    assert CARD not in result


async def test_what_a_client_finds_private_needs_a_cleared_node_whatever_the_node_looks_for(
    node: GridNode, engine: Engine
) -> None:
    async with AuraRouterClient(session=Session(cell=node.cell)) as client:
        await engine.configuration.clear(["one"])
        for _ in range(50):
            try:
                assert ALLOWED in (await client.generate_code(ALLOWED))["code"]
                break
            except PrivacyError:
                await asyncio.sleep(0.1)
        await engine.configuration.clear([])
        answer = await client.generate_code(ALLOWED)  # it was told a moment ago that the node is cleared
    assert "does not clear this node" in answer.get("error", "")


async def test_who_is_revoked_does_no_private_work_from_then_on(node: GridNode, engine: Engine) -> None:
    for _ in range(3):
        await engine.configuration.clear(["one"])
        assert (await said(node, engine, "my ssn is 078-05-1120"))["success"] is True
        await engine.configuration.clear([])
        assert (await said(node, engine, "my ssn is 078-05-1120"))["success"] is False


async def test_who_is_revoked_opens_nothing_sealed_from_then_on(node: GridNode, engine: Engine) -> None:
    assert node.run("grid", "keys", "make").returncode == 0
    await engine.configuration.clear(["one"])
    async with AuraRouterClient(session=Session(cell=node.cell)) as client:
        assert (await client.result(await client.submit(PAY, encrypt=True)))["success"] is True
        await engine.configuration.clear([])
        given = await client.submit(PAY, encrypt=True)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.result(given), 1.5)
        await engine.configuration.clear(["one"])
        assert PAY in (await asyncio.wait_for(client.result(given), 20))["result"]


async def test_a_cell_that_is_away_clears_nobody(tmp_path: Path) -> None:
    server = NatsServer("alone", Grid(), tmp_path / "engine")
    await server.start()
    grid = {"urls": [server.url], "token": server.token, "engine": {"own": False}}
    try:
        with GridNode("far", tmp_path / "far", ECHO, grid) as node:
            async with Engine(node.cell) as engine:
                await engine.configuration.clear(["far"])
                address = (await engine.membership.nodes())[0].address
            for _ in range(50):
                if (await called(address, server.token, PAY))["success"]:
                    break
                await asyncio.sleep(0.1)
            else:
                pytest.fail("it was never cleared")
            await server.stop()
            began = time.monotonic()
            answers = await asyncio.gather(*(called(address, server.token, PAY) for _ in range(3)))
            assert time.monotonic() - began < 8
            assert {answer["success"] for answer in answers} == {False}
            assert (await called(address, server.token, "Add two numbers"))["success"] is True
    finally:
        await server.stop()


async def test_the_word_of_a_client_narrows_and_never_widens(node: GridNode, engine: Engine) -> None:
    for word in ("yes", "no", ""):
        answer = await said(node, engine, "Add two numbers", (codec.PRIVATE, word))
        assert "does not clear this node" in answer["error"]


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What somebody else writes right after a command has read: each once."""
    writes: list[tuple[str, Any]] = []

    def late(reading: Any) -> Any:
        async def read(own: NatsConfiguration, key: str) -> Any:
            found = await reading(own, key)
            while writes:
                await own.put(*writes.pop())
            return found

        return read

    for name in ("get", "read"):
        monkeypatch.setattr(NatsConfiguration, name, late(getattr(NatsConfiguration, name)))
    yield writes
    assert not writes


async def test_a_node_that_is_revoked_meanwhile_stays_revoked(
    node: GridNode, engine: Engine, another: list[tuple[str, Any]]
) -> None:
    """Who grants it to another node at the same moment doesn't bring it back, nor the other way round."""
    await engine.configuration.clear(["lost", "one"])
    another.append((CLEARED, ["one"]))
    assert node.run("grid", "clearance", "grant", "two").returncode == 0
    assert await engine.configuration.cleared() == {"one", "two"}


async def test_an_app_that_is_withdrawn_meanwhile_stays_withdrawn(
    node: GridNode, engine: Engine, another: list[tuple[str, Any]]
) -> None:
    for name in ("till", "lost"):
        assert node.run("apps", "create", name).returncode == 0
    assert node.run("grid", "apps", "share", "lost").returncode == 0
    another.append((APPS, []))
    assert node.run("grid", "apps", "share", "till").returncode == 0
    assert [app["name"] for app in await engine.configuration.get(APPS)] == ["till"]


async def test_a_name_that_clears_or_revokes_nothing_is_told(node: GridNode, engine: Engine) -> None:
    """A slip of the pen in `revoke` must not look as if it had revoked something."""
    await engine.configuration.clear(["one"])
    wrong = node.run("grid", "clearance", "revoke", "One")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (1, "Error: 'One' is not cleared")
    wrong = node.run("grid", "clearance", "grant", "two three")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (1, "Error: no node can be called 'two three'")
    assert await engine.configuration.cleared() == {"one"}
