"""So many at a time means that: apps take turns, the line is bounded, and a place comes back however a task ends."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Router, Task
from aurarouter_hooks import (
    BudgetError,
    Delta,
    ProviderUnavailableError,
)
from aurarouter_limits import Limits
from aurarouter_limits.book import Book
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit
from scripted import model, router_of


def limited(models: dict[str, Any], /, *brought: object, **limits: Any) -> Router:
    return router_of(models, Limits(), *brought, limits=limits)


async def test_at_a_time_means_at_a_time_and_a_place_comes_back_however_a_task_ends() -> None:
    running = highest = 0

    async def slow() -> str:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)
        try:
            await asyncio.sleep(0.01)
        finally:
            running -= 1
        return "x"

    fails = iter([False, True] * 50)

    def or_not() -> Any:
        return ProviderUnavailableError("no") if next(fails) else "y"

    limits = {"each_app": {"concurrency": 3}, "patience": 30}
    async with limited({"a": model(slow, or_not), "b": model("z")}, **limits) as router:
        runs = [asyncio.create_task(router.run(Task("hi", mode="direct"))) for _ in range(40)]
        await asyncio.sleep(0.02)
        for run in runs[10:20]:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        assert highest == 3
        async with aclosing(router.stream(Task("hi", mode="direct"))) as events:
            async for event in events:
                if isinstance(event, Delta):
                    break
        assert (await asyncio.gather(*(router.run(Task("hi", mode="direct")) for _ in range(3))))[0].complete
    book = Book(Path(router.home.root) / "limits.db")
    assert book._opened().execute("SELECT count(*) FROM places").fetchone() == (0,)
    book.close()


async def test_the_line_is_bounded() -> None:
    never, inside = asyncio.Event(), asyncio.Event()

    async def stuck() -> str:
        inside.set()
        await never.wait()
        return "x"

    limits = {"each_app": {"concurrency": 1}, "queue": 2, "patience": 60}
    async with limited({"a": model(stuck)}, **limits) as router:
        runs = [asyncio.create_task(router.run(Task("hi")))]
        await inside.wait()
        runs += [asyncio.create_task(router.run(Task("hi"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(BudgetError, match="2 tasks wait already"):
            await router.run(Task("hi"))
        never.set()
        await asyncio.gather(*runs)


async def test_apps_take_turns_at_a_model() -> None:
    order: list[str] = []

    async def slow() -> str:
        await asyncio.sleep(0.002)
        return "x"

    limits = {"each_model": {"concurrency": 1}, "queue": 1000, "patience": 60}
    async with limited({"a": model(slow)}, **limits) as router:

        async def run(app: str) -> None:
            await router.run(Task("hi", app=app, mode="direct"))
            order.append(app)

        many = [asyncio.create_task(run("many")) for _ in range(60)]
        await asyncio.sleep(0)
        few = [asyncio.create_task(run("few")) for _ in range(5)]
        await asyncio.gather(*many, *few)
    last = max(at for at, app in enumerate(order) if app == "few")
    assert last <= 14, order  # in turns: five of the few among the first dozen


def test_a_place_that_could_not_be_given_back_is_given_back_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_core.database.PATIENCE", 0.1)
    path, limit = tmp_path / "limits.db", Limit(concurrency=1)
    book = Book(path)
    place = book.enter("app:x", limit, 0)
    assert isinstance(place, Place)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # as who makes a copy of the file
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            book.leave(place, limit, 0)
        other.execute("ROLLBACK")
    assert isinstance(book.enter("app:x", limit, 0), Place)
    book.close()


def test_two_processes_share_and_a_killed_one_leaves_its_places(tmp_path: Path) -> None:
    import os
    import signal

    path, limit = tmp_path / "limits.db", Limit(concurrency=2)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        other = Book(path)
        other.enter("app:x", limit, 0)
        other.enter("app:x", limit, 0)
        os.write(write, b"x")
        signal.pause()
    os.read(read, 1)
    book = Book(path)
    assert isinstance(book.enter("app:x", limit, 0), Wait)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    book._looked = 0.0
    assert isinstance(book.enter("app:x", limit, 0), Place)
    book.close()
