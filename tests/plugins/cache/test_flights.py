"""A thousand who ask the same at once cost one call, also when the first one fails or goes; in two processes too."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_cache import Cache
from aurarouter_core import Router, Task
from aurarouter_hooks import AllModelsFailedError, AuraRouterError, Done, ProviderReplyError
from fault_server import FaultServer
from faults import Turn, status, well
from scripted import model, router_of

CROWD = 1000
COLD: dict[str, Any] = {"parameters": {"temperature": 0}, "mode": "direct"}


def served(fault_server: FaultServer, **system: Any) -> Router:
    import aurarouter_openapi
    from aurarouter_openapi import OpenApiProvider  # noqa: F401 - the module is the plugin

    models = {"far": {"provider": "openapi", "endpoint": fault_server.url}}
    return router_of(models, aurarouter_openapi, Cache(), cache={"enabled": True}, system={"retries": 1, **system})


async def crowd(router: Router) -> list[Done]:
    return list(await asyncio.gather(*(router.run(Task("hi", **COLD)) for _ in range(CROWD))))


async def test_a_crowd_costs_one_call(fault_server: FaultServer) -> None:
    async with served(fault_server) as router:
        answers = await crowd(router)
    assert len(fault_server.requests) == 1
    assert len({done.text for done in answers}) == 1
    assert sum(done.trace.notes["cache"] == "hit" for done in answers) == CROWD - 1


async def test_also_when_the_first_one_fails(fault_server: FaultServer) -> None:
    fault_server.will(status(500))
    async with served(fault_server) as router:
        answers = await crowd(router)
    posts = [request for request in fault_server.requests if request.method == "POST"]
    assert len(posts) == 2  # the one that failed, and one for all
    assert len({done.text for done in answers}) == 1


async def test_also_when_the_first_one_goes() -> None:
    calls: list[Any] = []
    began = asyncio.Event()

    async def slow() -> str:
        began.set()
        await asyncio.sleep(0.05)
        return "hello"

    async with router_of({"a": model(slow, calls=calls)}, Cache(), cache={"enabled": True}) as router:
        first = asyncio.create_task(router.run(Task("hi", **COLD)))
        await began.wait()
        others = asyncio.create_task(crowd(router))
        await asyncio.sleep(0.01)
        first.cancel()
        answers = await others
        with pytest.raises(asyncio.CancelledError):
            await first
    assert len(calls) == 2  # the one that was given up, and one for all
    assert {done.text for done in answers} == {"hello"}


async def test_also_when_the_first_one_stops_listening_half_way() -> None:
    calls: list[Any] = []

    async def slow() -> str:
        await asyncio.sleep(0.02)
        return "there"

    async with router_of({"a": model("hello ", slow, calls=calls)}, Cache(), cache={"enabled": True}) as router:
        async with aclosing(router.stream(Task("hi", **COLD))) as events:
            others: Any = None
            async for event in events:
                if type(event).__name__ == "Delta":
                    others = asyncio.create_task(crowd(router))
                    await asyncio.sleep(0.01)
                    break
        answers = await others
    assert len(calls) == 2
    assert {done.text for done in answers} == {"hello there"}


async def test_a_model_that_can_not_answer_is_not_asked_a_thousand_times() -> None:
    calls: list[Any] = []
    broken = model(ProviderReplyError("no sense"), calls=calls)
    async with router_of({"a": broken}, Cache(), cache={"enabled": True}) as router:
        runs = [router.run(Task("hi", **COLD)) for _ in range(CROWD)]
        errors = await asyncio.gather(*runs, return_exceptions=True)
    assert {type(error) for error in errors} == {AllModelsFailedError}
    assert all("no sense" in str(error) for error in errors)
    assert len(calls) == 2


async def test_who_may_not_share_is_not_kept_waiting_for_nothing() -> None:
    """An answer that can't be kept is got by each for itself, at the same time."""
    from aurarouter_hooks import Chunk, Opaque

    running = most = 0

    async def slow() -> Chunk:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        return Chunk(text="x", opaque=(Opaque(provider="scripted", data={}),))

    async with router_of({"a": model(slow)}, Cache(), cache={"enabled": True}) as router:
        await asyncio.gather(*(router.run(Task("hi", **COLD)) for _ in range(20)))
    assert most == 19


PROGRAM = """
    import asyncio, sys
    from aurarouter_cache import Cache
    from aurarouter_core import Task
    from scripted import model, router_of
    import aurarouter_openapi

    async def main():
        models = {"far": {"provider": "openapi", "endpoint": sys.argv[1]}}
        async with router_of(models, aurarouter_openapi, Cache(), cache={"enabled": True}) as router:
            print("ready", flush=True)
            sys.stdin.readline()
            runs = [router.run(Task("hi", parameters={"temperature": 0}, mode="direct")) for _ in range(50)]
            print(len({done.text for done in await asyncio.gather(*runs)}))

    asyncio.run(main())
"""


def test_two_processes_cost_one_call(fault_server: FaultServer, tmp_path: Path) -> None:
    async def late(turn: Turn) -> None:
        await asyncio.sleep(0.3)
        await well(turn)

    fault_server.always(late)
    program = tmp_path / "program.py"
    program.write_text(f"import sys; sys.path[:0] = {sys.path!r}\n" + textwrap.dedent(PROGRAM))
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, program, fault_server.url], **pipes) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in processes] == ["1\n", "1\n"]
    assert len(fault_server.requests) == 1


def test_no_error_of_the_tree_is_lost_when_it_is_told_to_many() -> None:
    from aurarouter_cache.flight import Flight
    from aurarouter_hooks import ProviderRateLimitedError

    flight = Flight(failures=1)
    flight.failed(ProviderRateLimitedError("slow down", retry_after=7.0, hint="wait"))
    told = flight.verdict()
    assert isinstance(told, AuraRouterError)
    assert (str(told), told.retry_after, told.hint) == ("slow down", 7.0, "wait")  # type: ignore[attr-defined]
