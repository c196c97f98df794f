"""What deployment costs a cell: messages at rest and per change, and what the cell keeps, by nodes and models."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from time import perf_counter

from attrs import evolve
from bench_grid_members import endpoint, record, traffic
from grid_cells import empty_cell
from measure import Report, arguments

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.deployment.bringing import Bringing
from aurarouter_auragrid.deployment.converging import Converging
from aurarouter_auragrid.deployment.deployments import Deployments
from aurarouter_auragrid.ending import ended
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.names import MODELS, PLACES, WANTED, model_key
from aurarouter_auragrid.node.heartbeat import Heartbeat
from aurarouter_auragrid.records import NodeRecord
from aurarouter_auragrid.storage.stored import StoredModel, to_bytes

SIZES = ((3, 4), (10, 4), (20, 4), (20, 16))
CALM = 8.0
"""Seconds after which a cell that has settled is at rest."""
SECONDS = 30.0
"""A node looks at all of its cell once in so long."""
PATIENCE = 120.0


class AtOnce(Bringing):
    """A node on which every model is there at once: what is left is what the cell itself does."""

    capacity = 1 << 40

    def __init__(self) -> None:
        """It has no router."""

    def brought(self) -> frozenset[str]:
        """Nothing of an earlier start."""
        return frozenset()

    async def fetch(self, stored: StoredModel, progress: Callable[[float], None]) -> None:
        """It is there."""

    async def load(self, model_id: str, fits: Callable[[int], bool]) -> None:
        """It is loaded."""

    async def take_away(self, model_id: str) -> None:
        """It is gone."""


async def settled(deployments: Deployments, models: list[str], replicas: int) -> None:
    """Wish for so many of each, and wait until they are there."""
    for model in models:
        await deployments.want(model, replicas)
    end = time.monotonic() + PATIENCE
    while not all(one.is_settled for one in await deployments.state()):
        if time.monotonic() > end:
            raise TimeoutError("the cell did not settle")
        await asyncio.sleep(0.2)


async def measure(report: Report, way: Cell, nodes: int, count: int) -> None:
    """So many nodes and models: at rest without and with deployments, and one change."""
    models = [f"model-{number}" for number in range(count)]
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(Engine(way, "client"))
        for model in models:
            digest = hashlib.sha256(model.encode()).hexdigest()
            stored = StoredModel(model_id=model, sha256=digest, size=1 << 20, memory=1 << 20, complete=True)
            await own.models.put(model_key(model), to_bytes(stored))
        engines = []
        for number in range(nodes):
            name = f"n{number}"
            engine = await stack.enter_async_context(Engine(way, name))
            beats = Heartbeat(engine, partial(member, name), partial(endpoint, name))
            await beats.begin()
            stack.push_async_callback(beats.end)
            converging = Converging(engine, AtOnce(), name, partial(announced, beats))
            task = asyncio.create_task(converging.run())
            stack.push_async_callback(converging.end)
            stack.push_async_callback(ended, [task])
            engines.append(engine)
        deployments, what = Deployments(own), f"{nodes} nodes, {count} models"
        report.add(f"{what}: messages at rest, nothing deployed", await at_rest(engines), "/s")
        await settled(deployments, models, 3)
        rest = await at_rest(engines)
        report.add(f"{what}: messages at rest, 3 replicas of each", rest, "/s")
        before, began = traffic(engines)[0], perf_counter()
        await settled(deployments, models[:1], 2)
        report.add(f"{what}: one change until it is settled", perf_counter() - began, "s")
        await asyncio.sleep(SECONDS)
        more = traffic(engines)[0] - before - rest * (perf_counter() - began)
        report.add(f"{what}: messages of all nodes for it, beyond those at rest", max(0.0, more), "")
        kept = [(await own.connection.js.stream_info(f"KV_{name}")).state for name in (MODELS, WANTED, PLACES)]
        report.add(f"{what}: records that the cell keeps", sum(state.messages for state in kept), "")
        report.add(f"{what}: bytes of them", sum(state.bytes for state in kept), "B")
        await settled(deployments, models, 0)
        for model in models:
            await own.models.remove(model_key(model))


async def announced(beats: Heartbeat) -> None:
    """As a node does before it says that a model is ready."""
    await beats.now().wait()


def member(name: str) -> NodeRecord:
    """A member with room for anything."""
    return evolve(record(name), memory=1 << 40)


async def at_rest(engines: list[Engine]) -> float:
    """Messages a second, while nothing happens."""
    await asyncio.sleep(CALM)
    before = traffic(engines)[0]
    await asyncio.sleep(SECONDS)
    return (traffic(engines)[0] - before) / SECONDS


async def run(report: Report, folder: Path) -> None:
    """One server for all sizes."""
    async with empty_cell(folder) as (_, way):
        for nodes, count in SIZES:
            await measure(report, way, nodes, count)


def main() -> None:
    title = "Models on the nodes of a cell"
    options = arguments(title).parse_args()
    report = Report(title, "none")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(report, Path(folder)))
    report.finish(options.json)


if __name__ == "__main__":
    main()
