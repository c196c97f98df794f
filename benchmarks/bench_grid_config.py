"""What a change of a cell's configuration costs against nodes and models: messages, bytes, time, and what is kept."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench_grid_members import traffic
from grid_cells import empty_cell
from measure import Report, arguments

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.configuration import CellConfiguration, Outcome
from aurarouter_auragrid.configuration.examining import examine
from aurarouter_auragrid.configuration.following import Follower
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.names import SETTINGS
from aurarouter_auragrid.records import NodeRecord, to_bytes
from aurarouter_core import Home, Plugins, Router, load_config

SIZES = ((3, 8), (10, 8), (25, 8), (50, 8), (10, 100), (10, 1000))
"""Nodes, and models that the cell's configuration holds."""
CHANGES = 5
IDLE = 10.0
LONG = 3600


def settings(models: int, timeout: int) -> dict[str, Any]:
    """The cell's configuration: each model with what one usually says of it."""
    entry = {"provider": "openapi", "endpoint": "http://10.0.0.1:8000/v1", "model_name": "some-model", "timeout": 60}
    return {"models": {f"m{number}": entry for number in range(models)}, "system": {"default_timeout": timeout}}


async def measure(report: Report, way: Cell, plugins: Plugins, folder: Path, nodes: int, models: int) -> None:
    """So many nodes that follow, some changes, and a while without any."""
    what = f"{nodes} nodes, {models} models"
    async with AsyncExitStack() as stack:
        engines, routers = list[Engine](), list[Router]()
        for number in range(nodes):
            name = f"n{number}"
            engine = await stack.enter_async_context(Engine(way, name))
            config = load_config(plugins, settings={"models": {"echo": {"provider": "echo"}}}, environ={})
            router = Router(config, plugins, home=Home(folder / what / name))
            follower = Follower(engine, router, name)
            await follower.begin()
            await stack.enter_async_context(router)
            record = NodeRecord(name=name, instance="0123456789ab", address="10.0.0.1:7443", seen=time.time())
            lease = await engine.node_leases.take_over(name, to_bytes(record), seconds=LONG)
            stack.push_async_callback(lease.release)
            following = asyncio.create_task(follower.follow())
            stack.callback(following.cancel)
            engines.append(engine)
            routers.append(router)
        administrator = await stack.enter_async_context(Engine(way, "administrator"))
        cell = CellConfiguration(administrator, sections={})
        await change(cell, settings(models, 100))
        times = []
        before, looked = traffic([*engines, administrator]), perf_counter()
        for number in range(CHANGES):
            began = perf_counter()
            await change(cell, settings(models, 101 + number))
            times.append(perf_counter() - began)
        await asyncio.sleep(3.0)  # each node hears in its own time that the version was confirmed
        looked = perf_counter() - looked
        spent = difference([*engines, administrator], before)
        before = traffic(engines)
        await asyncio.sleep(IDLE)
        idle = difference(engines, before)[0] / IDLE
        began = perf_counter()
        for _ in range(3):
            await asyncio.to_thread(examine, routers[0], settings(models, 99))
        alone = (perf_counter() - began) / 3
        stored = (await administrator.connection.js.stream_info(f"KV_{SETTINGS}")).state
    report.add(f"{what}: messages of a change", (spent[0] - idle * looked) / CHANGES, "")
    report.add(f"{what}: bytes of a change", spent[1] / CHANGES / 1000, "kB")
    report.add(f"{what}: a change, all nodes in one process", 1000 * median(times), "ms")
    report.add(f"{what}: a node's check", 1000 * alone, "ms")
    report.add(f"{what}: messages of a node while nothing changes", idle / nodes, "/s")
    report.add(f"{what}: a version that is kept", len(json.dumps(settings(models, 100))) / 1000, "kB")
    report.add(f"{what}: all that is kept", stored.bytes / 1000, "kB")


async def change(cell: CellConfiguration, wanted: dict[str, Any]) -> None:
    """One change, which every node has to take."""
    async for step in cell.propose(wanted):
        outcome = step
    assert isinstance(outcome, Outcome)
    assert outcome.success, outcome
    assert {answer.state for answer in outcome.answers} <= {"ok"}, outcome


def difference(engines: Sequence[Engine], before: tuple[int, int]) -> tuple[int, int]:
    """Messages and bytes since then."""
    now = traffic(list(engines))
    return now[0] - before[0], now[1] - before[1]


async def run(report: Report, folder: Path) -> None:
    """A server of its own for each size, so that each begins with nothing kept."""
    plugins = Plugins()
    for number, (nodes, models) in enumerate(SIZES):
        async with empty_cell(folder / str(number)) as (_, way):
            await measure(report, way, plugins, folder, nodes, models)


def main() -> None:
    title = "Changes of the configuration of a cell"
    options = arguments(title).parse_args()
    report = Report(title, "none")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(report, Path(folder)))
    report.finish(options.json)


if __name__ == "__main__":
    main()
