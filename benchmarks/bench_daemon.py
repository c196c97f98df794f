"""What the shared engine costs: to attach to one that runs, and a request through it, beside the same in process."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from measure import arguments

from aurarouter_core import Attached, Home, Task, attach
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

TASK = Task("Write a Python function that reads a CSV file of orders and returns the three largest.", id="bench")
SETTINGS = "models: {echo: {provider: echo}}\nroles: {coding: [echo]}\n"
TURNS, REQUESTS, ATTACHES = 21, 50, 21


async def each(request: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of one request, of many one after another."""
    began = perf_counter()
    for _ in range(REQUESTS):
        await request()
    return (perf_counter() - began) / REQUESTS * 1e3


async def measured() -> None:
    began = perf_counter()
    async with attach() as shared:
        assert isinstance(shared, Attached)
        first = perf_counter() - began
        attaching = []
        for _ in range(ATTACHES):
            began = perf_counter()
            async with attach():
                attaching.append((perf_counter() - began) * 1e3)
        os.environ["AURAROUTER_NO_DAEMON"] = "1"
        opening = []
        for _ in range(ATTACHES):
            began = perf_counter()
            async with attach():
                opening.append((perf_counter() - began) * 1e3)
        async with attach() as own:
            pairs = [(await each(lambda: shared.run(TASK)), await each(lambda: own.run(TASK))) for _ in range(TURNS)]
    far, near = (median(side) for side in zip(*pairs, strict=True))
    print(f"first attach, which starts the engine   {first * 1e3:8.1f} ms")
    print(f"attach to an engine that runs           {median(attaching):8.1f} ms")
    print(f"open a router in process                {median(opening):8.1f} ms")
    print(f"run through the engine                  {far:8.3f} ms")
    print(f"run in process                          {near:8.3f} ms")
    print(f"difference, median of {TURNS} pairs          {median(a - b for a, b in pairs):8.3f} ms")


def main() -> None:
    arguments("Attach to the shared engine, and a request through it").parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AURAROUTER_HOME": folder, "AURAROUTER_PLUGINS": "echo"}
        os.environ.pop("AURAROUTER_NO_DAEMON", None)
        (Path(folder) / "auraconfig.yaml").write_text(SETTINGS, encoding="utf-8")
        try:
            asyncio.run(measured())
        finally:
            for place in Place.all(Home(Path(folder))):
                stop(place, force=True)


if __name__ == "__main__":
    main()
