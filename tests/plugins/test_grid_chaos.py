"""A cell of three while its nodes and servers are killed: every request has one result, and calls go on."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_hooks import AuraRouterError
from aurarouter_hooks.values.ids import new_id
from grid_cell import GridCell
from grid_chaos import Chaos
from grid_hosts import HostCell, Hosts

EVENTS = int(os.environ.get("GRID_CHAOS_EVENTS", "2000"))
FAULTS = int(os.environ.get("GRID_CHAOS_FAULTS", "24"))
SEED = int(os.environ.get("GRID_CHAOS_SEED", "0")) or random.randrange(1, 10**9)


GRID: dict[str, Any] = {"events": {"ack_wait": 5, "concurrency": 16, "max_deliveries": 30}, "drain": 5.0}


@pytest.fixture(params=["processes", "hosts"])
def cell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GridCell]:
    """Three nodes as processes of one machine, or each on a host of its own with mutual TLS between them."""
    if request.param == "processes":
        with GridCell(tmp_path, GRID) as cell:
            yield cell
        return
    if not Hosts.possible():
        pytest.skip("needs root and network namespaces")
    with Hosts("a", "b", "c") as hosts, HostCell(hosts, tmp_path, GRID) as cell:
        yield cell


# The client library leaves the stream of a broken connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.soak
async def test_every_request_has_one_result_while_everything_is_killed(cell: GridCell) -> None:
    print(f"seed {SEED}, {EVENTS} requests, {FAULTS} faults")
    chaos, results, calls = Chaos(cell, SEED), Counter[str](), Counter[str]()
    slowest = 0.0
    over = asyncio.Event()

    async def hear() -> None:
        """Counts every event that the client library hands over, and drops none."""
        async with (
            AuraRouterClient(session=cell.session()) as client,
            aclosing(client.subscriber.consume("chaos.results", after=0)) as events,
        ):
            async for event in events:
                result = json.loads(event.payload)
                assert result["success"], result
                results[result["request_id"]] += 1

    async def call() -> None:
        nonlocal slowest
        async with AuraRouterClient(session=cell.session()) as client:
            while not over.is_set():
                began = time.monotonic()
                try:
                    said = await client.coding.generate_code("SLEEP 0.02", deadline=20.0)
                    calls["ok" if said["success"] else f"told: {said.get('error')}"] += 1
                except AuraRouterError as error:
                    calls[f"typed: {type(error).__name__}: {error}"] += 1
                slowest = max(slowest, time.monotonic() - began)

    async def submit(client: AuraRouterClient, share: int) -> list[str]:
        given = []
        for _ in range(share):
            request_id = new_id()
            request = {"request_id": request_id, "task": f"SLEEP {random.uniform(0.017, 0.167):.3f}"}
            request |= {"return_topic": "chaos.results"}
            while True:  # what was not accepted is the publisher's to send again, under its own id
                try:
                    await client.publisher.publish(REQUESTS_TOPIC, request)
                    break
                except AuraRouterError as error:
                    calls[f"publish again: {type(error).__name__}"] += 1
            given.append(request_id)
            await asyncio.sleep(random.uniform(0.0, 0.6))
        return given

    began = time.monotonic()
    hearing = asyncio.create_task(hear())
    calling = [asyncio.create_task(call()) for _ in range(3)]
    async with AuraRouterClient(session=cell.session()) as client:
        submitting = [asyncio.create_task(submit(client, EVENTS // 4)) for _ in range(4)]
        for _ in range(FAULTS):
            await chaos.one()
        given = [request_id for share in await asyncio.gather(*submitting) for request_id in share]
        over.set()
        await asyncio.gather(*calling)
        quiet = time.monotonic()
        while len(results) < len(given) and time.monotonic() - quiet < 180:
            await asyncio.sleep(0.5)
        caught_up = time.monotonic() - quiet
        await asyncio.sleep(15)  # for whatever would come twice
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)

    made = sum(count for what, count in calls.items() if not what.startswith("publish"))
    print(f"faults: {', '.join(chaos.done)}")
    print(f"{len(given)} requests in {time.monotonic() - began:.0f} s; {len(results)} have a result")
    print(f"twice: {[key for key, count in results.items() if count > 1]}")
    print(f"{made} calls: {dict(calls)}; slowest {slowest:.1f} s")
    print(f"all results were there {caught_up:.1f} s after the last fault")
    assert set(results) == set(given)
    assert set(results.values()) == {1}
    assert calls["ok"] / made >= 0.999
    assert not [what for what in calls if what.startswith("told")]
