"""What a cell's members cost while nothing happens: heartbeats of 3 to 50 nodes on one real NATS server."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from grid_cells import empty_cell
from measure import Report, arguments

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.node.heartbeat import Heartbeat
from aurarouter_auragrid.records import Endpoint, NodeRecord
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.wire.codec import SERVICES

SIZES = (3, 10, 25, 50)
SECONDS = 20.0
MODELS = {f"model-{number}": "ready" for number in range(8)}
TICK = os.sysconf("SC_CLK_TCK")


def record(name: str) -> NodeRecord:
    """A member with eight models."""
    return NodeRecord(name=name, instance="0123456789ab", address="10.0.0.1:7443", models=MODELS, seen=time.time())


def endpoint(name: str) -> Endpoint:
    """What it offers."""
    return Endpoint(node=name, instance="0123456789ab", address="10.0.0.1:7443", services=SERVICES)


def processor(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / TICK


async def measure(report: Report, server: NatsServer, way: Cell, count: int) -> None:
    """So many members for a while, and one client that looks at all of them."""
    async with AsyncExitStack() as stack:
        engines = []
        for number in range(count):
            engine = await stack.enter_async_context(Engine(way, f"n{number}"))
            beats = Heartbeat(engine, partial(record, f"n{number}"), partial(endpoint, f"n{number}"))
            await beats.begin()
            stack.push_async_callback(beats.end)
            engines.append(engine)
        assert server.pid is not None
        before, used = traffic(engines), processor(server.pid)
        await asyncio.sleep(SECONDS)
        messages, size = (now - then for now, then in zip(traffic(engines), before, strict=True))
        used = processor(server.pid) - used
        client = await stack.enter_async_context(Engine(way, "client"))
        began, times = traffic([client])[1], []
        for _ in range(50):
            started = perf_counter()
            found = await client.registry.endpoints()
            times.append(perf_counter() - started)
        assert len(found) == count
        read = (traffic([client])[1] - began) / 50
    report.add(f"{count} nodes: messages to and from the server", messages / SECONDS, "/s")
    report.add(f"{count} nodes: bytes of them", size / SECONDS, "B/s")
    report.add(f"{count} nodes: processor of the server", 100 * used / SECONDS, "%")
    report.add(f"{count} nodes: a client reads all endpoints", 1000 * median(times), "ms")
    report.add(f"{count} nodes: bytes of that", read, "B")


def traffic(engines: list[Engine]) -> tuple[int, int]:
    """Messages and bytes so far, both ways."""
    stats = [engine.connection.nats.stats for engine in engines]
    return sum(s["in_msgs"] + s["out_msgs"] for s in stats), sum(s["in_bytes"] + s["out_bytes"] for s in stats)


async def run(report: Report, folder: Path) -> None:
    """One server for all sizes."""
    async with empty_cell(folder) as (server, way):
        for count in SIZES:
            await measure(report, server, way, count)


def main() -> None:
    title = "Heartbeats of the nodes of a cell"
    options = arguments(title).parse_args()
    report = Report(title, "none")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(report, Path(folder)))
    report.finish(options.json)


if __name__ == "__main__":
    main()
