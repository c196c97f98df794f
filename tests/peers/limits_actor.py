"""A program whose clients ask one model as often as a limit lets them, and that tells when each was let through.

python limits_actor.py HOME REQUESTS APP…: it says "ready", waits for a line, and tells [[app, Unix time], …] as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

RATE, BURST = 30_000, 1.0
"""Requests a minute, and the seconds that are saved up."""


async def main(requests: int, apps: list[str]) -> None:
    from aurarouter_core import Task
    from aurarouter_hooks import hookimpl
    from aurarouter_limits import Limits
    from aurarouter_limits.counter import Place, Wait
    from aurarouter_limits.local import Local
    from aurarouter_limits.settings import Limit
    from scripted import model, router_of

    passed: list[tuple[str, float]] = []

    class Watched(Local):
        """The counter of this machine; we note when somebody was let through."""

        async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
            said = await super().enter(name, limit, tokens)
            if isinstance(said, Place):
                times.append(time.time())
            return said

    class Watching:
        @hookimpl(optionalhook=True)
        def limits_counter(self) -> Watched:
            from aurarouter_core import Home

            return Watched(Home.of().root / "limits.db")

    times: list[float] = []
    limits = {"each_model": {"requests_per_minute": RATE, "burst": BURST}, "queue": 1000, "patience": 600}
    async with router_of({"a": model("x")}, Limits(), Watching(), limits=limits) as router:
        await router.run(Task("warm", mode="direct"))
        times.clear()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)

        async def client(app: str) -> None:
            for _ in range(requests):
                await router.run(Task("hi", app=app, mode="direct"))
                passed.append((app, time.time()))

        await asyncio.gather(*map(client, apps))
    print(json.dumps({"let through": times, "answered": passed}))


if __name__ == "__main__":
    os.environ["AURAROUTER_HOME"] = sys.argv[1]
    asyncio.run(main(int(sys.argv[2]), sys.argv[3:]))
