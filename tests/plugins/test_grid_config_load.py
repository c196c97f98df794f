"""Many changes of a cell's configuration while it works: no request is lost, and a node that was away catches up."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.configuration import CellConfiguration, Outcome, cell_configuration
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.names import REQUESTS_TOPIC
from aurarouter_hooks import AuraRouterError
from aurarouter_hooks.values.ids import new_id
from grid_cell import GridCell
from grid_chaos import Chaos
from grid_inside import InsideCell

CHANGES = int(os.environ.get("GRID_CONFIG_CHANGES", "50"))
FAULTS = int(os.environ.get("GRID_CONFIG_FAULTS", "12"))
SEED = int(os.environ.get("GRID_CONFIG_SEED", "0")) or random.randrange(1, 10**9)


def settings(number: int) -> dict[str, Any]:
    """The number-th configuration: another provider object for the model, models that come and go, other chains."""
    extra = {f"extra{number % 3}": {"provider": "slow", "timeout": 30 + number}}
    chain = [*extra, "slow"] if number % 2 else ["slow", *extra]
    slow = {"timeout": 60 + number, "options": {"word": str(number)}}
    return {"models": {"slow": slow, **extra}, "roles": {"coding": chain, "reasoning": chain}}


class Load:
    """Callers, and a program that gives events and hears their results, until they are told to stop."""

    def __init__(self, cell: Cell, longest: float) -> None:
        self._cell, self._longest = cell, longest
        self.calls, self.results = Counter[str](), Counter[str]()
        self.given: list[str] = []
        self.over = asyncio.Event()

    async def call(self) -> None:
        """Whole answers and streamed ones in turn."""
        async with AuraRouterClient(session=Session(cell=self._cell)) as client:
            while not self.over.is_set():
                task = f"SLEEP {random.uniform(0, self._longest):.3f}"
                try:
                    if self.calls.total() % 2:
                        result = await client.coding.generate_code(task, deadline=30.0)
                    else:
                        async with aclosing(client.stream(task)) as pieces:
                            async for piece in pieces:
                                result = piece
                    self.calls["ok" if result["success"] else f"told: {result.get('error')}"] += 1
                except AuraRouterError as error:
                    self.calls[f"{type(error).__name__}: {error}"] += 1

    async def submit(self) -> None:
        async with AuraRouterClient(session=Session(cell=self._cell)) as client:
            while not self.over.is_set():
                request = {"request_id": new_id(), "task": f"SLEEP {random.uniform(0, self._longest):.3f}"}
                await client.publisher.publish(REQUESTS_TOPIC, {**request, "return_topic": "load.results"})
                self.given.append(request["request_id"])
                await asyncio.sleep(0.1)

    async def hear(self) -> None:
        async with (
            AuraRouterClient(session=Session(cell=self._cell)) as client,
            aclosing(client.subscriber.consume("load.results", after=0)) as events,
        ):
            async for event in events:
                result = json.loads(event.payload)
                assert result["success"], result
                self.results[result["request_id"]] += 1


async def changes_under_load(cell: Cell, count: int, callers: int = 2, longest: float = 0.2) -> None:
    """Change the configuration so often, every fifth time back, while requests run; and look that all are answered."""
    load, took = Load(cell, longest), list[float]()
    working = [asyncio.create_task(work) for work in (*(load.call() for _ in range(callers)), load.submit())]
    hearing = asyncio.create_task(load.hear())
    try:
        async with Engine(cell, "administrator") as engine:
            ours = CellConfiguration(engine, sections={}, who="till")
            for number in range(1, count + 1):
                began = time.monotonic()
                if number % 5:
                    async for step in ours.propose(settings(number)):
                        outcome = step
                else:
                    outcome = await ours.rollback()
                took.append(time.monotonic() - began)
                assert isinstance(outcome, Outcome)
                assert outcome.state == "in force", outcome
                assert {answer.state for answer in outcome.answers} == {"ok"}, outcome
            states = await ours.nodes()
            assert {state.number for state in states} == {(await ours.current()).number}
        load.over.set()
        await asyncio.gather(*working)
        end = time.monotonic() + 60
        while len(load.results) < len(load.given) and time.monotonic() < end:
            await asyncio.sleep(0.1)
    finally:
        for task in (*working, hearing):
            task.cancel()
        await asyncio.gather(*working, hearing, return_exceptions=True)
    took.sort()
    middle, most = took[len(took) // 2], took[-1]
    print(f"{count} changes of {len(states)} nodes, each {middle:.2f} s in the middle, {most:.2f} s at most")
    print(f"calls: {dict(load.calls)}; events: {len(load.given)} given, {len(load.results)} answered")
    assert set(load.calls) == {"ok"}
    assert set(load.results) == set(load.given)
    assert set(load.results.values()) == {1}


async def test_a_few_changes_lose_no_request(tmp_path: Path) -> None:
    async with InsideCell(tmp_path) as cell:
        for name in "abc":
            await cell.join(name)
        await changes_under_load(cell.cell, 6)
        assert {node.router.snapshot.models["slow"].options["word"] for node in cell.nodes.values()} == {"6"}


@pytest.mark.soak
async def test_many_changes_lose_no_request(tmp_path: Path) -> None:
    with GridCell(tmp_path, {"events": {"concurrency": 8}}) as cell:
        await changes_under_load(cell.cell, CHANGES, 12, 0.4)


async def until(holds: Callable[[], Any], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.2)


@pytest.mark.soak
async def test_a_node_that_is_away_is_named_and_catches_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process of three stands still for a while; its server goes on."""
    monkeypatch.setattr(cell_configuration, "CHECK", 3.0)
    with GridCell(tmp_path) as cell:
        process = cell.nodes[2].process
        assert process is not None
        async with Engine(cell.cell, "administrator") as engine:
            ours = CellConfiguration(engine, sections={}, who="till")
            process.send_signal(signal.SIGSTOP)
            try:
                steps = [step async for step in ours.propose(settings(1))]
            finally:
                process.send_signal(signal.SIGCONT)
            outcome = steps[-1]
            assert isinstance(outcome, Outcome)
            assert outcome.state == "in force"
            silent = [answer.node for answer in outcome.answers if answer.state == "silent"]
            assert silent == ["n2"]

            async def caught_up() -> bool:
                return {state.node: state.number for state in await ours.nodes()}.get("n2") == 1

            await until(caught_up, 20)
            for node in cell.nodes[1:]:  # of two that are away nobody decides for the third
                assert node.process is not None
                node.process.send_signal(signal.SIGSTOP)
            try:
                steps = [step async for step in ours.propose(settings(2))]
            finally:
                for node in cell.nodes[1:]:
                    assert node.process is not None
                    node.process.send_signal(signal.SIGCONT)
            outcome = steps[-1]
            assert isinstance(outcome, Outcome)
            assert outcome.state == "refused"
            assert outcome.reason == (
                "1 of 3 nodes answered, which is no majority; node 'n1': it did not answer in time; "
                "node 'n2': it did not answer in time"
            )
            assert (await ours.current()).number == 1


async def agreed(ours: CellConfiguration, seconds: float) -> int:
    """The version that all three nodes work with in the end."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                head, states = await ours.current(), await ours.nodes()
                if head.state == "in force" and [state.number for state in states] == [head.number] * 3:
                    return head.number
            except GridError:
                pass  # it chooses a new leader
            await asyncio.sleep(0.5)


# The client library leaves the stream of a broken connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.soak
async def test_while_everything_is_killed_all_nodes_agree_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is in force, refused, undone, or fails with a typed error; and no version is taken twice."""
    for name in ("CHECK", "APPLY"):
        monkeypatch.setattr(cell_configuration, name, 5.0)
    print(f"seed {SEED}, {FAULTS} faults")
    ended, made, over = Counter[str](), dict[int, str](), asyncio.Event()
    with GridCell(tmp_path, {"drain": 2.0}) as cell:
        chaos = Chaos(cell, SEED)

        async def change(who: str) -> None:
            async with Engine(cell.cell, who) as engine:
                ours = CellConfiguration(engine, sections={}, who=who)
                while not over.is_set():
                    word = f"{who} {ended.total()}"
                    try:
                        wanted = {"models": {"slow": {"options": {"word": word}}}}
                        (*_, outcome) = [step async for step in ours.propose(wanted)]
                        assert isinstance(outcome, Outcome)
                        ended[outcome.state] += 1
                        if outcome.state == "in force":
                            assert outcome.version.number not in made
                            made[outcome.version.number] = word
                    except GridError as error:
                        ended[type(error).__name__] += 1
                    await asyncio.sleep(random.uniform(0.0, 1.0))

        changing = [asyncio.create_task(change(who)) for who in ("first", "second")]
        for _ in range(FAULTS):
            await chaos.one()
        over.set()
        await asyncio.gather(*changing)
        async with Engine(cell.cell, "administrator") as engine:
            ours = CellConfiguration(engine, sections={}, who="till")
            began = time.monotonic()
            number = await agreed(ours, 90.0)
            print(f"faults: {', '.join(chaos.done)}")
            print(f"{dict(ended)}; version {number} on all nodes after {time.monotonic() - began:.1f} s")
            found = {version.number: version for version in await ours.history()}
    assert sorted(found) == list(range(min(found), number + 1))
    for told, word in made.items():
        if told in found:
            assert found[told].state == "in force"
            assert found[told].settings["models"]["slow"]["options"]["word"] == word
    assert ended["in force"] > FAULTS
