"""What is kept is bounded, ends in time, can be cleared while programs run; a file that fails harms no task."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aurarouter_cache import Cache
from aurarouter_cache.book import OFTEN, Book
from aurarouter_cache.kept import Kept
from aurarouter_cache.memory import Memory
from aurarouter_cache.settings import CacheSettings
from aurarouter_cache.shelf import Shelf
from aurarouter_core import Task
from aurarouter_core.cli import cli
from aurarouter_hooks import AuraRouterError, Chunk, Usage
from scripted import model, router_of

COLD: dict[str, Any] = {"parameters": {"temperature": 0}, "mode": "direct"}
FAR = 4e9


def answer(text: str = "x", until: float = FAR) -> Kept:
    return Kept.of([Chunk(text=text), Chunk(finish="stop", usage=Usage(input_tokens=1))], until)


async def test_another_process_finds_it_and_one_without_a_file_does_not() -> None:
    calls: list[Any] = []
    models = {"a": model(calls=calls)}
    for settings, asked in (({"disk": 0}, 1), ({}, 2), ({}, 2), ({"disk": 0}, 3)):
        async with router_of(models, Cache(), cache={"enabled": True, **settings}) as router:
            await router.run(Task("hi", **COLD))
            await router.run(Task("hi", **COLD))
        assert len(calls) == asked


async def test_it_ends_in_time() -> None:
    calls: list[Any] = []
    async with router_of({"a": model(calls=calls)}, Cache(), cache={"enabled": True, "ttl": 0.05}) as router:
        await router.run(Task("hi", **COLD))
        await asyncio.sleep(0.06)
        await router.run(Task("hi", **COLD))
    assert len(calls) == 2


async def test_a_large_answer_is_not_kept() -> None:
    calls: list[Any] = []
    models = {"a": model("x" * 5000, calls=calls)}
    async with router_of(models, Cache(), cache={"enabled": True, "largest": 4}) as router:
        for _ in range(2):
            await router.run(Task("hi", **COLD))
    assert len(calls) == 2


def test_memory_is_bounded_and_the_least_used_goes_first() -> None:
    memory, one = Memory(), answer("x" * 100)
    for number in range(100):
        memory.put(b"%d" % number, one, 10 * one.size)
        memory.get(b"0")
    assert len(memory) == 10
    assert memory.size == 10 * one.size
    assert memory.get(b"0") is not None
    assert memory.get(b"50") is None
    memory.put(b"old", answer(until=1.0), 10 * one.size)
    assert memory.get(b"old") is None
    memory.clear()
    assert memory.size == 0


def test_the_file_is_bounded_and_private(tmp_path: Path) -> None:
    book = Book(tmp_path / "cache" / "answers.db")
    body = answer("x" * 1000).json()
    for number in range(5 * OFTEN):
        book.put(b"%d" % number, "a", answer(), body, 50 * len(body), book.stamp)
    found = book.status()
    assert found["answers"] <= 50 + OFTEN
    assert found["models"]["a"]["bytes"] == found["bytes"] == found["answers"] * len(body)
    assert book.look(b"%d" % (5 * OFTEN - 1)) is not None
    assert book.path.stat().st_mode & 0o077 == 0
    book.close()


def test_what_is_cleared_gives_its_room_back(tmp_path: Path) -> None:
    book = Book(tmp_path / "answers.db")
    body = answer("x" * 10_000).json()
    for number in range(50):
        book.put(b"%d" % number, "a", answer(), body, 2**30, book.stamp)
    book.close()
    assert book.path.stat().st_size > 50 * 10_000
    assert book.clear(None) == 50
    book.close()
    assert book.path.stat().st_size < 100_000


def test_a_claim_is_one_processes_and_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Book(tmp_path / "answers.db"), Book(tmp_path / "answers.db")
    assert one.claim(b"k")
    assert not other.claim(b"k")
    one.release(b"k")
    assert other.claim(b"k")
    monkeypatch.setattr("aurarouter_cache.book.time.time", lambda: FAR)
    assert one.claim(b"k")
    one.close()
    other.close()


def test_all_of_an_answer_comes_back() -> None:
    from aurarouter_hooks import ToolCallDelta

    chunks = [
        Chunk(model_name="m", request_id="r", stop_sequence="END"),
        Chunk(text="ü\ud800", reasoning="hm", logprobs=[{"token": "x"}]),
        Chunk(tool_calls=(ToolCallDelta(index=0, id="1", name="f", arguments='{"a": 1}'),)),
        Chunk(finish="tool_calls", usage=Usage(input_tokens=1, output_tokens=2, reasoning_tokens=1)),
    ]
    kept = Kept.of(chunks, 5.0)
    again = Kept.from_json(kept.json(), 5.0)
    assert again == kept
    assert kept.chunks[0].has_content


async def test_a_file_that_fails_harms_no_task(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    (home / "cache").mkdir()
    (home / "cache" / "answers.db").write_bytes(b"this is no database" * 100)
    calls: list[Any] = []
    async with router_of({"a": model(calls=calls)}, Cache(), cache={"enabled": True}) as router:
        for _ in range(2):
            assert (await router.run(Task("hi", **COLD))).text == "hello there"
    assert len(calls) == 1  # memory has it
    assert "answers.db can't be" in caplog.text


async def test_clearing_reaches_the_memory_of_programs_that_run() -> None:
    calls: list[Any] = []
    async with router_of({"a": model(calls=calls)}, Cache(), cache={"enabled": True}) as router:
        await router.run(Task("hi", **COLD))
        status = await asyncio.to_thread(lambda: CliRunner().invoke(cli, ["cache", "status", "--json"]))
        assert json.loads(status.stdout)["models"] == {"a": {"answers": 1, "bytes": json.loads(status.stdout)["bytes"]}}
        other = await asyncio.to_thread(lambda: CliRunner().invoke(cli, ["cache", "clear", "-m", "b"]))
        assert other.stdout == "0 answers are forgotten\n"
        gone = await asyncio.to_thread(lambda: CliRunner().invoke(cli, ["cache", "clear", "--json"]))
        assert json.loads(gone.stdout) == {"cleared": 1}
        await router.run(Task("hi", **COLD))
    assert len(calls) == 2


async def test_what_was_being_got_while_it_was_cleared_is_not_kept(home: Path) -> None:
    calls: list[Any] = []
    slow = model("old ", lambda: asyncio.sleep(0.2), "answer", calls=calls)
    task = Task("hi", **COLD)
    async with router_of({"a": slow}, Cache(), cache={"enabled": True}) as router:
        await router.run(Task("before", **COLD))
        asking = asyncio.create_task(router.run(task))
        await asyncio.sleep(0.1)
        book = Book(home / "cache" / "answers.db")
        assert book.clear(None) == 1
        book.close()
        await asking
        await router.run(task)
        await router.run(task)
    assert len(calls) == 3


async def test_what_is_cleared_right_before_it_would_be_kept_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when whoever clears had the file first, and we waited for it."""
    (tmp_path / "cache").mkdir()
    path = tmp_path / "cache" / "answers.db"
    shelf, other = Shelf(path), Book(path)
    opened = Book._opened

    def late(book: Book) -> sqlite3.Connection:
        if book is not other:
            other.clear(None)
        return opened(book)

    monkeypatch.setattr(Book, "_opened", late)
    settings = CacheSettings(enabled=True)
    await shelf.put(b"1", "a", answer(), settings, shelf.stamp)
    assert other.status()["answers"] == 0
    assert shelf.at_hand(b"1") is None
    await shelf.close()
    other.close()


def test_a_damaged_file_is_told(home: Path) -> None:
    (home / "cache").mkdir()
    (home / "cache" / "answers.db").write_bytes(b"this is no database" * 100)
    for command in ("status", "clear"):
        error = CliRunner().invoke(cli, ["cache", command]).exception
        assert isinstance(error, AuraRouterError), error
        assert "answers.db can't be" in str(error)
        assert "Move the file away" in error.hint


def test_the_commands_make_nothing(home: Path) -> None:
    assert CliRunner().invoke(cli, ["cache", "status"]).stdout == "no answers are kept\n"
    assert CliRunner().invoke(cli, ["cache", "clear"]).stdout == "0 answers are forgotten\n"
    assert not (home / "cache" / "answers.db").exists()
