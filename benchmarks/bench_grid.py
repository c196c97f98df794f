"""A call and an event through a cell beside the same in this process; events a second with one node and with three."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from statistics import median
from time import perf_counter

from grid_cells import CONFIG, cell
from measure import Report, arguments
from nats.aio.msg import Msg

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import CodingService, Home, Plugins, Router, load_config
from aurarouter_hooks.values.ids import new_id

STEP = "Write a Python function that reads a CSV file of orders and groups them by customer."
ROUNDS = 200
EVENTS, PUBLISHERS = 1000, 16


async def typical(act: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """The median of the seconds that it takes, one after another."""
    for _ in range(rounds // 10):
        await act()
    times = []
    for _ in range(rounds):
        began = perf_counter()
        await act()
        times.append(perf_counter() - began)
    return median(times)


async def rate(act: Callable[[], Awaitable[object]]) -> float:
    """How often a second, by several at once."""
    left = iter(range(EVENTS))

    async def one() -> None:
        for _ in left:
            await act()

    began = perf_counter()
    await asyncio.gather(*(one() for _ in range(PUBLISHERS)))
    return EVENTS / (perf_counter() - began)


async def in_process(folder: Path) -> float:
    (folder / "auraconfig.yaml").write_text(CONFIG)
    config = load_config(Plugins(), path=str(folder / "auraconfig.yaml"))
    async with Router(config, Plugins(), home=Home(folder / "home")) as router:
        service = CodingService(router)
        return await typical(lambda: service.generate_code(STEP))


async def stored(engine: Engine) -> None:
    """What the engine itself needs to keep one message of the same size."""
    await engine.connection.js.publish("aurarouter.topics.bench.raw", STEP.encode())


async def echoed(message: Msg) -> None:
    await message.respond(b"x")


async def asked(engine: Engine) -> None:
    """The engine's shortest way there and back."""
    await engine.connection.nats.request("bench.echo", STEP.encode())


async def to_and_fro(client: AuraRouterClient) -> None:
    await client.result(await client.submit(STEP))


async def events_a_second(client: AuraRouterClient) -> float:
    """From the first request to the last result that the subscriber has."""
    topic = f"bench.{new_id()}"
    began = perf_counter()

    async def hear() -> None:
        count = 0
        async with aclosing(client.subscriber.consume(topic)) as events:
            async for event in events:
                assert json.loads(event.payload)["success"]
                count += 1
                if count == EVENTS:
                    return

    hearing = asyncio.create_task(hear())
    await rate(lambda: client.submit(STEP, return_topic=topic))
    await hearing
    return EVENTS / (perf_counter() - began)


async def measure(report: Report, way: Cell, nodes: int, alone: float) -> None:
    """Fill the report with what a cell of so many nodes does."""
    name = f"{nodes} node{'s' if nodes > 1 else ''}"
    async with AuraRouterClient(session=Session(cell=way)) as client, Engine(way) as engine:
        ear = await engine.connection.nats.subscribe("bench.echo", cb=echoed)
        for what, act in (
            ("the engine's own question and answer", lambda: asked(engine)),
            ("the engine's own storing of a message", lambda: stored(engine)),
            ("a call over gRPC", lambda: client.generate_code(STEP)),
            ("an event and its result", lambda: to_and_fro(client)),
        ):
            seconds = await typical(act)
            report.add(f"{name}: {what}", seconds * 1e6, "µs", against=alone * 1e6)
        await ear.unsubscribe()
        raw = await rate(lambda: stored(engine))
        report.add(f"{name}: messages that the engine stores", raw, "/s")
        done = await events_a_second(client)
        report.add(f"{name}: events with their results", done, "/s", against=raw)
        calls = await rate(lambda: client.generate_code(STEP))
        report.add(f"{name}: calls over gRPC", calls, "/s")


def main() -> None:
    title = "A cell on one machine, every node on an instant model"
    options = arguments(title).parse_args()
    report = Report(title, "the same service in this process; for events a second, messages that the engine stores")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        alone = asyncio.run(in_process(folder))
        report.add("in this process: CodingService.generate_code", alone * 1e6, "µs")
        for nodes in (1, 3):
            with cell(folder, nodes) as way:
                asyncio.run(measure(report, way, nodes, alone))
    report.finish(options.json)


if __name__ == "__main__":
    main()
