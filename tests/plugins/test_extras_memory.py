"""A hundred thousand requests through cache, limits and telemetry: memory stays flat."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from pathlib import Path
from typing import Any

import pytest

from aurarouter_cache import Cache
from aurarouter_core import Task
from aurarouter_limits import Limits
from aurarouter_telemetry import Telemetry
from scripted import model, router_of

REQUESTS, PARTS, AT_ONCE = 100_000, 10, 20
PAGE = 4096
MOST = 8 * 2**20
"""Bytes that may come on top between the third part and the last one."""


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


@pytest.mark.soak
async def test_memory_stays_flat(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sections: dict[str, Any] = {
        "cache": {"enabled": True, "memory": 1, "disk": 2},
        "limits": {"each_app": {"requests_per_minute": 6e6, "concurrency": 50, "burst": 60}, "patience": 60},
        "system": {"retries": 0, "keep_traces": 1000},
    }
    chance, sizes = random.Random(4711), []
    began = time.monotonic()
    async with router_of({"a": model("hello ", "there")}, Cache(), Limits(), Telemetry(), **sections) as router:

        async def ask() -> None:
            # Half of the prompts were asked before; a hundred thousand would be too many names for a label.
            number = chance.randrange(200) if chance.random() < 0.5 else chance.randrange(10**9)
            app = f"app {chance.randrange(10**6)}" if chance.random() < 0.1 else f"app {chance.randrange(5)}"
            task = Task(f"question {number}", app=app, parameters={"temperature": 0}, mode="direct")
            assert (await router.run(task)).text == "hello there"

        for _ in range(PARTS):
            for _ in range(REQUESTS // PARTS // AT_ONCE):
                await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
            gc.collect()
            sizes.append(resident())
        (text,) = router.call_hook("telemetry_metrics")
    with capsys.disabled():
        print(f"\nrequests               {REQUESTS} in {time.monotonic() - began:.0f} s")
        print(f"megabytes, each tenth  {', '.join(f'{size / 2**20:.1f}' for size in sizes)}")
        print(f"kilobytes of metrics   {len(text) / 1024:.0f}")
        files = {path.name: path.stat().st_size for path in home.rglob("*.db")}
        print(
            f"megabytes of files     {', '.join(f'{name} {size / 2**20:.1f}' for name, size in sorted(files.items()))}"
        )
    assert sizes[-1] - sizes[2] < MOST
    assert len(text) < 2**20
