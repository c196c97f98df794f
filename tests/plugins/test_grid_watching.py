"""Nodes at rest hear of changes and do not look: what they hear, see by themselves, and may have missed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from attrs import evolve

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.deployment import watching
from aurarouter_auragrid.deployment.board import Board, Wish
from aurarouter_auragrid.deployment.claims import Claim
from aurarouter_auragrid.deployment.placement import Member, Plan, View, place
from aurarouter_auragrid.deployment.resting import is_another, neighbour, rests
from aurarouter_auragrid.deployment.watching import Watching
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.records import NodeRecord, to_bytes
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_hooks import Secret

NAMES = ("a", "b", "c")
MINE = Claim(model="m", node="a", state="ready")


def record(name: str, memory: int = 100) -> NodeRecord:
    return NodeRecord(name=name, instance=name, address="127.0.0.1:1", memory=memory)


class Watcher:
    """A node that has a look whenever it has to, and does nothing about it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.board = engine, Board(engine)
        self.watching = Watching(self.board, engine.changes, name)
        self.woken = asyncio.Event()

    async def looks(self) -> bool:
        """A beat: whether it had to look."""
        if not await self.watching.has_to_look([]):
            return False
        view = await self.board.view()
        await self.watching.seen(view, place(view), [])
        return True


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    server = NatsServer("watched", Grid(), tmp_path / "server")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def watchers(server: NatsServer) -> AsyncIterator[list[Watcher]]:
    """Three nodes at rest."""
    async with AsyncExitStack() as stack:
        found = list[Watcher]()
        for name in NAMES:
            engine = await stack.enter_async_context(Engine(Cell(urls=[server.url], token=Secret(server.token)), name))
            if not found:
                await engine.make()
            await engine.node_leases.take(name, to_bytes(record(name)), seconds=60)
            found.append(Watcher(engine, name))
            await found[-1].watching.listen(found[-1].woken.set)
        await calm(found)
        yield found


async def calm(watchers: list[Watcher]) -> None:
    """Beats until nobody has to look any more."""
    for _ in range(10):
        if not any([await watcher.looks() for watcher in watchers]):
            return
        await asyncio.sleep(0.05)  # what was told arrives
    pytest.fail("it never comes to rest")


async def all_look(watchers: list[Watcher]) -> bool:
    """Each of them has to, within a moment, without waiting for its usual time."""
    await asyncio.sleep(0.1)
    return all([await watcher.looks() for watcher in watchers])


async def test_a_wish_and_a_told_change_are_heard_by_all(watchers: list[Watcher]) -> None:
    await watchers[0].board.wish(Wish(model="m", replicas=1))
    assert await all_look(watchers)
    assert all(watcher.woken.is_set() for watcher in watchers)  # at once, not with the next beat
    await calm(watchers)
    await watchers[2].watching.tell()
    assert await all_look(watchers)


async def test_a_neighbour_that_is_gone_or_changed_is_seen_and_told(watchers: list[Watcher]) -> None:
    first, second, _ = watchers
    await second.engine.node_leases.take_over("b", to_bytes(record("b", memory=40)), seconds=60)
    assert not await second.looks()  # it is the first that watches it
    assert await first.looks()
    assert await all_look(watchers)
    await calm(watchers)
    lease = await second.engine.node_leases.take_over("b", to_bytes(record("b", memory=40)), seconds=60)
    await lease.release()
    assert await first.looks()
    assert await all_look(watchers)


async def test_what_may_have_been_missed_is_looked_for(
    server: NatsServer, watchers: list[Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = watchers[0]
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(20.0):
        while not first.engine.connection.reconnections:
            await asyncio.sleep(0.1)
    assert await first.looks()  # nobody told it
    await calm(watchers)
    monkeypatch.setattr(watching, "LOOK", 0.0)
    assert await first.looks()


async def test_what_a_node_has_in_hand_keeps_all_awake(watchers: list[Watcher]) -> None:
    first, second, _ = watchers
    assert await first.watching.has_to_look([MINE])  # it is not what it was
    view = await first.board.view()
    await first.watching.seen(evolve(view, claims=[evolve(MINE, state="loading")]), Plan(), [MINE])
    assert await all_look([second])
    assert await first.looks()


def view(*claims: Claim, names: str = "abc") -> View:
    members = [Member(name=name, memory=100) for name in names]
    return View(members=members, wanted={"m": 1}, needs={"m": 1}, claims=claims)


def test_a_cell_rests_when_all_is_ready_and_whoever_has_it_is_there() -> None:
    assert rests(view(MINE), Plan())
    assert rests(view(MINE), Plan(pending={("m", 1): "a: has it already"}))
    assert rests(view(MINE, Claim(model="n", node="z", state="refused")), Plan())
    assert not rests(view(MINE), Plan(takes=[MINE]))
    assert not rests(view(MINE), Plan(gives=[MINE]))
    assert not rests(view(evolve(MINE, state="leaving")), Plan())
    assert not rests(view(evolve(MINE, moving=True)), Plan())
    assert not rests(view(MINE, names="bc"), Plan())  # its lease ends without a word


@pytest.mark.parametrize(("node", "other"), [("a", "b"), ("b", "c"), ("c", "a"), ("aa", "b"), ("z", "a")])
def test_each_node_is_watched_by_the_one_before(node: str, other: str) -> None:
    found = neighbour(view(), node)
    assert found is not None
    assert found.name == other


def test_a_node_alone_watches_nobody() -> None:
    assert neighbour(view(names="a"), "a") is None


CHANGES: list[tuple[Callable[[Member], Member | None], bool]] = [
    (lambda member: None, True),
    (lambda member: evolve(member, serving=False), True),
    (lambda member: evolve(member, has=frozenset({"m"})), True),
    (lambda member: evolve(member, memory=80), True),
    (lambda member: evolve(member, memory=95), False),
    (lambda member: member, False),
]


@pytest.mark.parametrize(("change", "counts"), CHANGES)
def test_little_changes_of_memory_wake_nobody(change: Callable[[Member], Member | None], counts: bool) -> None:
    member = Member(name="a", memory=100)
    assert is_another(member, change(member)) is counts
