"""A cell on three hosts of which each is cut off in turn: most go on, the one alone refuses, and all agree later."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_hooks import AuraRouterError
from aurarouter_hooks.values.ids import new_id
from grid_hosts import HostCell, Hosts
from grid_node import GridNode

NAMES = ("a", "b", "c")
CUT = 20.0
"""Seconds for which a host is cut off."""


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    if not Hosts.possible():
        pytest.skip("needs root and network namespaces")
    with Hosts(*NAMES) as hosts:
        yield hosts


@pytest.fixture
def cell(hosts: Hosts, tmp_path: Path) -> Iterator[tuple[dict[str, GridNode], Cell]]:
    grid = {"events": {"ack_wait": 5, "concurrency": 8, "max_deliveries": 30}}
    with HostCell(hosts, tmp_path, grid) as cell:
        yield {node.name: node for node in cell.nodes}, cell.cell


async def on(node: GridNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on that node's own host."""
    return await asyncio.to_thread(node.run_program, *arguments)


async def said(node: GridNode, *arguments: str) -> Any:
    done = await on(node, *arguments, "--json")
    return json.loads(done.stdout) if done.returncode == 0 else done.stdout


async def names(node: GridNode) -> list[str]:
    """The members of the cell as that host sees them; all of them, while it can't say."""
    rows = await said(node, "grid", "nodes")
    return sorted(row["name"] for row in rows) if isinstance(rows, list) else [*NAMES, str(rows)]


async def agreed(nodes: dict[str, GridNode], cleared: list[str]) -> float:
    """Seconds until all hosts say the same of the cell."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        shown = [await names(node) for node in nodes.values()]
        settled = [await said(node, "grid", "clearance", "list") for node in nodes.values()]
        if shown == [list(NAMES)] * 3 and settled == [cleared] * 3:
            return time.monotonic() - began
    pytest.fail(f"they don't agree: {shown}, {settled}")


# The client library leaves the stream of a broken connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.soak
async def test_each_host_is_cut_off_in_turn(cell: tuple[dict[str, GridNode], Cell], hosts: Hosts) -> None:
    _, way = cell
    results, calls, given = Counter[str](), Counter[str](), list[str]()
    longest = 0.0
    over = asyncio.Event()

    async def hear() -> None:
        async with (
            AuraRouterClient(session=Session(cell=way)) as client,
            aclosing(client.subscriber.consume("cut.results", after=0)) as events,
        ):
            async for event in events:
                result = json.loads(event.payload)
                assert result["success"], result
                results[result["request_id"]] += 1

    async def submit() -> None:
        nonlocal longest
        async with AuraRouterClient(session=Session(cell=way)) as client:
            while not over.is_set():
                request = {"request_id": new_id(), "task": "SLEEP 0.1", "return_topic": "cut.results"}
                began = time.monotonic()
                while True:
                    try:
                        await client.publisher.publish(REQUESTS_TOPIC, request)
                        break
                    except AuraRouterError as error:
                        calls[f"publish again: {type(error).__name__}"] += 1
                longest = max(longest, time.monotonic() - began)
                given.append(str(request["request_id"]))
                await asyncio.sleep(0.1)

    async def call() -> None:
        async with AuraRouterClient(session=Session(cell=way)) as client:
            while not over.is_set():
                try:
                    done = await client.coding.generate_code("SLEEP 0.05", deadline=30.0)
                    calls["ok" if done["success"] else f"told: {done.get('error')}"] += 1
                except AuraRouterError as error:
                    calls[f"typed: {type(error).__name__}: {error}"] += 1

    working = [asyncio.create_task(work) for work in (hear(), submit(), submit(), call(), call())]
    try:
        await _in_turn(cell, hosts, given)
        over.set()
        await asyncio.gather(*working[1:])
        quiet = time.monotonic()
        while len(results) < len(given) and time.monotonic() - quiet < 60:
            await asyncio.sleep(0.5)
        print(f"{len(given)} accepted, {len(results)} have a result, the last {time.monotonic() - quiet:.1f} s after")
        await asyncio.sleep(15)  # for whatever would come twice
        print(f"twice: {[key for key, count in results.items() if count > 1]}")
        print(f"the longest wait of a publisher: {longest:.1f} s; calls: {dict(calls)}")
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    assert set(results) == set(given)
    assert set(results.values()) == {1}
    assert not [what for what in calls if what.startswith("told")]


async def _in_turn(cell: tuple[dict[str, GridNode], Cell], hosts: Hosts, given: list[str]) -> None:
    """Cut off one host after another; say what each side does meanwhile."""
    nodes, _ = cell
    cleared: list[str] = []
    for name in NAMES:
        others = [node for other, node in nodes.items() if other != name]
        await asyncio.sleep(3)
        hosts.cut(name)
        began, before = time.monotonic(), len(given)
        refused = asyncio.create_task(on(nodes[name], "grid", "submit", "SLEEP 0.1", "--id", f"minority-{name}"))
        while (await on(others[0], "grid", "clearance", "grant", name)).returncode:  # until there is a leader again
            assert time.monotonic() - began < 30
        cleared.append(name)
        print(f"{name} is cut off: the majority settles something after {time.monotonic() - began:.1f} s", end="")
        while name in await names(others[0]):
            assert time.monotonic() - began < 30
        print(f", misses {name} after {time.monotonic() - began:.1f} s", end="")
        done = await refused
        print(f", is refused itself after {time.monotonic() - began:.1f} s", end="")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "does not answer" in done.stderr
        changed = await on(nodes[name], "grid", "clearance", "grant", "x")
        assert changed.returncode == 1, changed.stdout
        assert "does not answer" in changed.stderr
        await asyncio.sleep(max(0.0, CUT - (time.monotonic() - began)))
        print(f", accepts {len(given) - before} requests in {time.monotonic() - began:.0f} s")
        print(f"  the minority says: {done.stderr.splitlines()[-2:]}")
        hosts.mend(name)
        print(f"  all agree {await agreed(nodes, cleared):.1f} s after it is back")
