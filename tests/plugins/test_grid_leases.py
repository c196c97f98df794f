"""A lease stays its holder's when an answer is lost, and is lost to whoever takes it over; on a real NATS server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.leased import LeaseBucket
from aurarouter_auragrid.engine.reading import last_of_each
from aurarouter_auragrid.errors import CellUnavailableError
from aurarouter_auragrid.records import NodeRecord, to_bytes
from aurarouter_auragrid.server.process import NatsServer
from aurarouter_auragrid.settings import Grid
from aurarouter_hooks import Secret


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    server = NatsServer("leases", Grid(), tmp_path)
    await server.start()
    try:
        async with Engine(Cell(urls=[server.url], token=Secret(server.token))) as engine:
            await engine.make()
            yield engine
    finally:
        await server.stop()


async def test_renewals_whose_answers_are_lost_keep_the_lease(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = engine.node_leases
    lease = await bucket.take_over("n", b"beat 0", seconds=30)
    stored, lost = LeaseBucket.write, [b"beat 1", b"beat 2"]

    async def write(self: LeaseBucket, key: str, value: bytes, upon: int, seconds: int) -> Any:
        written = await stored(self, key, value, upon, seconds)
        if written is not None and value in lost:
            raise CellUnavailableError("the cell does not answer: writing")
        return written

    monkeypatch.setattr(LeaseBucket, "write", write)
    for beat in lost:
        with pytest.raises(CellUnavailableError):
            await lease.renew(beat)
    assert await lease.renew(b"beat 3")
    assert (await bucket.all())["n"] == b"beat 3"


async def test_who_takes_it_over_has_it(engine: Engine) -> None:
    earlier = await engine.node_leases.take_over("n", b"beat 0", seconds=30)
    later = await engine.node_leases.take_over("n", b"another", seconds=30)
    assert not await earlier.renew(b"beat 1")
    assert await later.renew(b"another beat")


async def test_a_stream_that_no_server_answers_for_is_a_cell_that_does_not_answer(engine: Engine) -> None:
    with pytest.raises(CellUnavailableError, match="reading KV_NOWHERE"):
        await last_of_each(engine.connection, "KV_NOWHERE", "$KV.NOWHERE.>")


async def test_when_a_node_was_heard_is_told_by_no_clock_of_its_own(engine: Engine) -> None:
    for name, skew in (("behind", -7200.0), ("ahead", 7200.0)):
        record = NodeRecord(name=name, instance="1", address="127.0.0.1:1", seen=time.time() + skew)
        await engine.node_leases.take_over(name, to_bytes(record), seconds=30)
    await asyncio.sleep(1)
    heard = await engine.membership.heard()
    assert [node.name for node in heard] == ["ahead", "behind"]
    assert all(0.9 < time.time() - node.seen < 10 for node in heard)
