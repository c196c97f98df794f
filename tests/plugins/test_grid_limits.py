"""One limit for all nodes of a cell: what three routers let through together, places, and who comes free."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurarouter_auragrid.arrival import Arrival, arrival
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.limiting import counter
from aurarouter_auragrid.limiting.counter import SharedCounter
from aurarouter_auragrid.remote.link import Link
from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import BudgetError
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.gate import Gate
from aurarouter_limits.settings import Limit
from grid_node import ECHO, GridNode

LATE = 0.05
"""Seconds that may pass between the moment at which a request is let through and the one at which we note it."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    limits = "limits: {each_app: {requests_per_minute: 6, burst: 0}, patience: 0.1}\n"
    with GridNode("one", tmp_path_factory.mktemp("one"), ECHO + limits) as node:
        yield node


def shared(node: GridNode) -> SharedCounter:
    class There(Link):
        def cell(self) -> Cell:
            return node.cell

    return SharedCounter(There())


@pytest.mark.promise("future.9")
async def test_nodes_of_a_cell_share_an_apps_limit(node: GridNode) -> None:
    """A program of this machine and its node count together: the limit is used up for both."""
    plugins = Plugins()
    settings = {
        "models": {"echo": {"provider": "echo"}},
        "roles": {"coding": ["echo"]},
        "limits": {"each_app": {"requests_per_minute": 6, "burst": 0}, "patience": 0.1},
    }
    async with Router(load_config(plugins, settings=settings), plugins, home=Home(node.home)) as router:
        await router.run(Task("hi", app="anonymous", mode="direct"))
        async with node.session() as session:
            from aurarouter_auragrid import create_service_client

            said = await create_service_client("CodingService", session).generate_code(plan_step="add two numbers")
        assert said["success"] is False
        assert "the limit of the app 'anonymous' is reached: 6 requests a minute" in said["error"]
        with pytest.raises(BudgetError) as caught:
            await router.run(Task("hi", app="anonymous", mode="direct"))
        assert caught.value.retry_after == pytest.approx(10, abs=2)


@pytest.mark.parametrize(("clients", "seconds"), [(2, 2.0), pytest.param(8, 30.0, marks=pytest.mark.soak)])
async def test_three_nodes_let_through_what_one_would_and_nobody_starves(
    node: GridNode, clients: int, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = Limit(requests_per_minute=3000, burst=0.5)
    name = f"app:shared-{clients}"
    counters = [shared(node) for _ in range(3)]
    gates = [Gate.of(each) for each in counters]
    times: list[float] = []
    each: dict[tuple[int, int], int] = {}
    end = time.monotonic() + seconds

    async def client(number: int, who: int) -> None:
        each[number, who] = 0
        while time.monotonic() < end:
            said = await gates[number].enter(name, limit, 0, str(who), 1000, 5.0)
            assert isinstance(said, Place), said
            times.append(time.monotonic())
            each[number, who] += 1

    await asyncio.gather(*(client(number, who) for number in range(3) for who in range(clients)))
    clocks = [clock for one in counters if (clock := one._clock)]
    doubt = max(clock.doubt for clock in clocks)
    for gate in gates:
        await gate.close()
    times.sort()
    worst = 0.0
    for first in range(0, len(times), 3):
        for span in (0.1, 0.5, 1.0, 5.0):
            count = bisect_right(times, times[first] + span) - first
            allowed = 3000 / 60 * (span + 0.5)
            worst = max(worst, count / allowed)
            assert count <= 3000 / 60 * (span + 0.5 + LATE + 2 * doubt) + 1
    with capsys.disabled():
        print(f"\nlet through {len(times)} in {times[-1] - times[0]:.1f} s, {min(each.values())} to", end=" ")
        print(f"{max(each.values())} for each client; {worst:.3f} of the bound at most; clocks right to {doubt:.4f} s")
    assert len(times) >= 3000 / 60 * seconds * 0.5
    assert min(each.values()) >= len(times) / len(each) / 4


async def test_places_are_exact_and_come_back_when_a_process_is_killed(
    node: GridNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "KEEP", 1.0)
    limit, first, second = Limit(concurrency=2), shared(node), shared(node)
    places = await asyncio.gather(*(one.enter("app:places", limit, 0) for one in (first, second) * 3))
    inside = [place for place in places if isinstance(place, Place)]
    assert len(inside) == 2
    assert all("2 at a time" in said.why for said in places if isinstance(said, Wait))
    await first.leave(inside[0], limit, 0)
    assert isinstance(await second.enter("app:places", limit, 0), Place)
    await asyncio.sleep(1.1)  # nobody says that they are still needed, as if their processes had been killed
    assert isinstance(await first.enter("app:places", limit, 0), Place)
    await first.close()
    await second.close()


async def test_whoever_stops_waiting_holds_no_place(node: GridNode) -> None:
    limit, counted = Limit(concurrency=1, tokens_per_minute=600), shared(node)
    for turns in range(0, 40, 4):
        entering = asyncio.create_task(counted.enter("app:cancelled", limit, 1))
        for _ in range(turns):
            await asyncio.sleep(0.0005)
        entering.cancel()
        said = (await asyncio.gather(entering, return_exceptions=True))[0]
        if isinstance(said, Place):
            await counted.leave(said, limit, -1)
        await asyncio.gather(*counted._work)
    assert isinstance(await counted.enter("app:cancelled", limit, 1), Place)
    await counted.close()


async def test_what_another_node_sends_was_counted_there(node: GridNode) -> None:
    limit, counted = Limit(requests_per_minute=1, burst=0), shared(node)
    token = arrival.set(Arrival(way="node", hops=1))
    try:
        assert all([isinstance(await counted.enter("app:sent", limit, 0), Place) for _ in range(5)])
    finally:
        arrival.reset(token)
    assert isinstance(await counted.enter("app:sent", limit, 0), Place)
    assert isinstance(await counted.enter("app:sent", limit, 0), Wait)
    await counted.close()


async def test_a_cell_that_is_gone_refuses_rather_than_letting_all_through(tmp_path: Path) -> None:
    class Nowhere(Link):
        def cell(self) -> Cell:
            return Cell(urls=["nats://127.0.0.1:9"])

    counted = SharedCounter(Nowhere())
    with pytest.raises(GridError):
        await counted.enter("app:x", Limit(requests_per_minute=6), 0)
    await counted.close()
