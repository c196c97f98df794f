"""What a call and a batch of events cost a cell: counted in what its engine has to write down."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.engine.engine import Engine
from grid_node import GridNode

TASK = "Write a function that adds two numbers"
MANY = 40


KEPT = {"AURAROUTER_REQUESTS", "AURAROUTER_TOPICS", "KV_AURAROUTER_ANSWERS"}
"""Where the engine writes down what becomes of tasks; nodes' heartbeats have a place of their own."""


async def written(engine: Engine) -> Counter[str]:
    """How much the engine has written down so far, by the stream."""
    streams = await engine.connection.js.streams_info()
    return Counter({name: info.state.last_seq for info in streams if (name := info.config.name) in KEPT})


@pytest.mark.promise("performance.3", "performance.4")
async def test_a_batch_costs_three_records_a_task_and_a_call_none(tmp_path: Path) -> None:
    """A task as an event is its request, its answer and its result; a call leaves the engine alone."""
    with GridNode("one", tmp_path) as node:
        async with AuraRouterClient(session=node.session()) as client, Engine(node.cell) as engine:
            before = await written(engine)
            given = [await client.submit(f"{TASK}, and {number}") for number in range(MANY)]
            results = await asyncio.gather(*map(client.result, given))
            assert all(result["success"] for result in results)
            assert await written(engine) - before == dict.fromkeys(KEPT, MANY)
            before = await written(engine)
            for _ in range(MANY):
                await client.generate_code(TASK)
            assert await written(engine) == before
