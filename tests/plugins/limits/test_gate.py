"""The line in front of a limit: being counted is no reason to refuse whoever comes meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.gate import Gate, Refused
from aurarouter_limits.local import Local
from aurarouter_limits.settings import Limit


class Slow:
    """Counts as a file does: it takes a moment. Lets so many in."""

    def __init__(self, room: int) -> None:
        self.room = room

    async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        await asyncio.sleep(0.05)
        if self.room <= 0:
            return Wait(why="no room", seconds=30.0, turns=True)
        self.room -= 1
        return Place(name=name)

    async def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        self.room += 1

    async def close(self) -> None:
        """Nothing to close."""


async def test_who_has_no_patience_is_counted_too() -> None:
    gate = Gate.of(Slow(room=3))
    asked = (gate.enter("m", Limit(concurrency=3, requests_per_minute=60), 1, who, 10, 0.0) for who in "abc")
    assert all(isinstance(said, Place) for said in await asyncio.gather(*asked))


async def test_who_has_no_patience_never_waits_for_room() -> None:
    gate = Gate.of(Slow(room=0))
    waiting = asyncio.create_task(gate.enter("m", Limit(concurrency=1), 1, "a", 10, 60.0))
    await asyncio.sleep(0.2)
    async with asyncio.timeout(1):
        assert isinstance(await gate.enter("m", Limit(concurrency=1), 1, "b", 10, 0.0), Refused)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.parametrize("queue", [0, 3, 100])
async def test_a_crowd_that_all_finds_room_is_not_refused(tmp_path: Path, queue: int) -> None:
    gate, limit = Gate.of(Local(tmp_path / "limits.db")), Limit(concurrency=1000, requests_per_minute=600, burst=60)
    asked = (gate.enter("m", limit, 1, "a", queue, 1.0) for _ in range(200))
    assert all(isinstance(said, Place) for said in await asyncio.gather(*asked))
    await gate.close()


async def test_of_a_crowd_that_finds_no_room_no_more_wait_than_may(tmp_path: Path) -> None:
    gate, limit = Gate.of(Local(tmp_path / "limits.db")), Limit(concurrency=2)
    asked = [asyncio.create_task(gate.enter("m", limit, 1, "a", 3, 60.0)) for _ in range(20)]
    async with asyncio.timeout(10):
        done, waiting = set[asyncio.Task[Place | Refused]](), set(asked)
        while len(done) < 16:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
    said = [task.result() for task in asked if task in done]
    assert sum(isinstance(each, Place) for each in said) == 2
    assert [each.why for each in said if isinstance(each, Refused)] == ["3 tasks wait already"] * 14
    assert waiting == set(asked[2:6])  # one at the front, and three behind it
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await gate.close()


async def test_who_comes_right_after_somebody_left_finds_the_place(tmp_path: Path) -> None:
    gate, limit = Gate.of(Local(tmp_path / "limits.db")), Limit(concurrency=1)
    for _ in range(20):
        said = await gate.enter("m", limit, 1, "a", 10, 0.0)
        assert isinstance(said, Place)
        gate.leave(said, limit, 0)
    await gate.close()


async def test_a_place_taken_for_somebody_who_has_gone_is_given_back(tmp_path: Path) -> None:
    local, limit = Local(tmp_path / "limits.db"), Limit(concurrency=1)
    await local.leave(Place(name="other"), limit, 0)  # the file is open
    for _ in range(3):
        asking = asyncio.create_task(local.enter("m", limit, 1))
        await asyncio.sleep(0)
        time.sleep(0.1)  # it is counted meanwhile, and this loop has not heard of it
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        said = await local.enter("m", limit, 1)
        assert isinstance(said, Place)
        await local.leave(said, limit, 0)
    await local.close()
