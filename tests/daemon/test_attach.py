"""A program attaches to the shared engine and works with it as with a router of its own."""

import asyncio
import stat
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aurarouter_core import Attached, Plugins, Router, Task, attach
from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home
from aurarouter_hooks import (
    AttemptDone,
    AttemptStarted,
    Committed,
    ConfigError,
    Delta,
    Done,
    NodeFinished,
    NodeStarted,
    UnknownModelError,
)


async def test_a_task_runs_in_the_engine(shared: Path) -> None:
    async with attach(surface="tests") as kernel:
        assert isinstance(kernel, Attached)
        done = await kernel.run(Task("Fix this function", model="second"))
    assert done.text == "Fix this function"
    assert done.trace.surface == "tests"
    assert done.trace.decision is not None
    assert done.trace.decision.chain == ("second",)
    assert [attempt.model for attempt in done.trace.attempts] == ["second"]


async def test_events_come_as_they_would_in_process(shared: Path) -> None:
    async with attach() as kernel, aclosing(kernel.stream(Task("one\ntwo"))) as events:
        told = [event async for event in events]
    assert [type(event) for event in told] == [
        NodeStarted, AttemptStarted, Committed, Delta, Delta, Delta, AttemptDone, NodeFinished, Done,
    ]  # fmt: skip
    assert "".join(event.chunk.text for event in told if isinstance(event, Delta)) == "one\ntwo"


async def test_the_other_methods_answer_alike(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Task("Fix this function")
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        far = kernel.decide(task), await kernel.locate_and_decide(task), await kernel.health(), await kernel.models()
        assert (await kernel.status())["clients"] == 1
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    async with attach() as kernel:
        assert isinstance(kernel, Router)
        near = kernel.decide(task), await kernel.locate_and_decide(task), await kernel.health(), await kernel.models()
    for one, other in zip(far[:2], near[:2], strict=True):
        assert (one.chain, one.constraint, one.analysis) == (other.chain, other.constraint, other.analysis)
    assert far[2:] == near[2:]
    assert far[3]["second"].api_key is None


async def test_a_section_is_the_engines_without_a_file_read_here(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,mcp")
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        far = await kernel.section("mcp")
        assert "_followed" not in vars(kernel)
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    async with attach() as kernel:
        assert isinstance(kernel, Router)
        assert await kernel.section("mcp") == far
    assert far["tools"]["route_task"] == {"enabled": None}


async def test_a_section_that_an_older_engine_does_not_have_is_read_here(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,mcp")  # as if it had been installed meanwhile
        assert (await kernel.section("mcp"))["max_message"] == 16 * 2**20
        with pytest.raises(KeyError):
            await kernel.section("nobody's")


async def test_errors_are_those_of_the_tree(shared: Path) -> None:
    async with attach() as kernel:
        with pytest.raises(UnknownModelError) as caught:
            await kernel.run(Task("hello", model="nobody"))
    assert caught.value.name == "nobody"
    assert caught.value.known == ("first", "second")
    assert caught.value.hint == "Known models: first, second."


async def test_the_folder_and_the_socket_are_this_users_alone(shared: Path) -> None:
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        place = kernel.place
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.address.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (place.lock, place.log))
    assert not any(b"very-secret" in file.read_bytes() for file in (place.lock, place.log, place.starting))


async def test_without_the_daemon_it_is_a_router(engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    async with attach() as kernel:
        assert isinstance(kernel, Router)
        assert (await kernel.run(Task("hello"))).text == "hello"
    assert Place.all(Home(engines)) == []


async def test_plugins_of_the_program_itself_stay_in_process(engines: Path) -> None:
    async with attach(plugins=Plugins(extra=[SimpleNamespace(__name__="mine")])) as kernel:
        assert isinstance(kernel, Router)
    assert Place.all(Home(engines)) == []


async def test_one_engine_for_each_effective_configuration(engines: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def process(**flags: Any) -> int:
        async with attach(flags=flags) as kernel:
            assert isinstance(kernel, Attached)
            pid: int = (await kernel.status())["pid"]
            return pid

    first = await process()
    assert await process() == first
    monkeypatch.setenv("AURAROUTER_ROLES__CODING", "second")
    second = await process()
    assert second != first
    monkeypatch.delenv("AURAROUTER_ROLES__CODING")
    assert await process() == first


async def test_a_changed_file_is_in_force_at_once(engines: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with attach() as kernel:
        assert set(await kernel.models()) == {"first", "second"}
    (engines / "auraconfig.yaml").write_text("models: {third: {provider: echo}}\nroles: {coding: [third]}\n")
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        assert set(await kernel.models()) == {"third"}
        (engines / "auraconfig.yaml").write_text("roles: {coding: [nobody]}\n")
        with pytest.raises(ConfigError) as caught:
            await kernel.reload()
        assert caught.value.problems
        assert "nobody" in str(caught.value.problems[0])
        assert set(await kernel.models()) == {"third"}
        assert (await kernel.status())["problem"]
    assert "fault" not in caplog.text
    async with attach() as kernel:
        assert set(await kernel.models()) == {"third"}
    assert "goes on as before, its configuration has a fault: " in caplog.text


async def test_an_engine_keeps_to_a_file_that_is_gone_and_says_so(engines: Path, aurarouter: Any) -> None:
    file = engines / "auraconfig.yaml"
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        file.rename(engines / "elsewhere")
        with pytest.raises(ConfigError, match="in force, is gone"):
            await kernel.reload()
        assert set(await kernel.models()) == {"first", "second"}
        for command, code in (("doctor", 1), ("reload", 2), ("status", 0)):
            done = await asyncio.to_thread(aurarouter, command)
            assert done.returncode == code, command
            assert f"{file}, the configuration file in force, is gone" in done.stdout + done.stderr
        (engines / "elsewhere").rename(file)
        await kernel.reload()
        assert (await kernel.status())["problem"] is None


async def test_an_engine_that_nobody_uses_ends(engines: Path) -> None:
    async with attach(flags={"system": {"daemon_idle": 0.2}}) as kernel:
        assert isinstance(kernel, Attached)
        place = kernel.place
        await asyncio.sleep(0.5)
        assert (await kernel.run(Task("still there"))).text == "still there"
    async with asyncio.timeout(10):
        while place.holder is not None:
            await asyncio.sleep(0.05)
    assert not place.address.exists()
