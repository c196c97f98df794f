"""What happens when an engine or a client is killed: nobody waits, nobody else notices, and the next call works."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from aurarouter_core import Attached, Task, attach
from aurarouter_core.daemon.connection import Connection
from aurarouter_core.daemon.frames import EngineLostError
from aurarouter_hooks import (
    AllModelsFailedError,
    AttemptFailed,
    AttemptStarted,
    DaemonError,
    Delta,
    Done,
    NodeFinished,
    NodeStarted,
    ProviderTimeoutError,
)
from fault_server import FaultServer
from faults import half_a_stream, hang

CLIENT = """
import asyncio
from aurarouter_core import Task, attach

async def main():
    async with attach() as kernel:
        print("attached", flush=True)
        await kernel.run(Task("hello", model="slow"))

asyncio.run(main())
"""


@pytest.fixture
def slow(engines: Path, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    """A model `slow` behind a real server that does as it is told."""
    monkeypatch.setenv("AURAROUTER_PLUGINS", "echo,openapi")
    text = (engines / "auraconfig.yaml").read_text()
    entry = f"models:\n  slow: {{provider: openapi, endpoint: '{fault_server.url}', max_concurrency: 20}}\n"
    (engines / "auraconfig.yaml").write_text(text.replace("models:\n", entry))
    return fault_server


async def until(happens: object, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not happens():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_connection_that_takes_no_words_is_not_tried_again() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        connection = Connection({}, *await asyncio.open_unix_connection(sock=ours))
        theirs.shutdown(socket.SHUT_RD)  # what a client sees of a killed engine first, before the end of what it says
        with pytest.raises(EngineLostError):
            await connection.ask("status")
        assert connection.lost is not None
        await connection.aclose()


async def test_a_killed_engine_is_replaced_before_anything_was_shown(slow: FaultServer) -> None:
    slow.will(hang)
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        before = (await kernel.status())["pid"]
        running = asyncio.create_task(kernel.run(Task("hello", model="slow")))
        await until(lambda: slow.requests)
        os.kill(before, signal.SIGKILL)
        assert (await running).complete
        assert (await kernel.status())["pid"] != before
    assert len(slow.requests) == 2


async def test_events_of_a_killed_engine_are_brought_to_an_end(slow: FaultServer) -> None:
    slow.will(hang)
    told = []
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        before = (await kernel.status())["pid"]
        async with aclosing(kernel.stream(Task("hello", model="slow"))) as events:
            async for event in events:
                told.append(event)
                if isinstance(event, AttemptStarted) and len(told) == 2:
                    await until(lambda: slow.requests)
                    os.kill(before, signal.SIGKILL)
    kinds = [type(event) for event in told]
    assert kinds[:6] == [NodeStarted, AttemptStarted, AttemptFailed, NodeFinished, NodeStarted, AttemptStarted]
    assert kinds[-1] is Done
    assert isinstance(told[2], AttemptFailed)
    assert told[2].attempt.error is not None
    assert told[2].attempt.error.type == "EngineLostError"


async def test_a_killed_engine_is_an_error_once_something_was_shown(slow: FaultServer) -> None:
    slow.will(half_a_stream("hang"))
    shown = ""
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        pid = (await kernel.status())["pid"]
        async with aclosing(kernel.stream(Task("hello", model="slow"))) as events:
            while not shown:
                event = await anext(events)
                shown += event.chunk.text if isinstance(event, Delta) else ""
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(EngineLostError) as caught:
                _ = [event async for event in events]
        assert shown.startswith("Hello")
        assert isinstance(caught.value, DaemonError)
        assert caught.value.hint == "Ask again: a new one starts."
        assert (await kernel.run(Task("again", model="first"))).text == "again"


async def test_a_killed_clients_task_is_cancelled_and_others_go_on(slow: FaultServer) -> None:
    slow.will(hang, hang)
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        ours = asyncio.create_task(kernel.run(Task("ours", model="slow", deadline=30)))
        await until(lambda: slow.requests)
        with subprocess.Popen([sys.executable, "-c", CLIENT], stdout=subprocess.PIPE) as client:
            await until(lambda: len(slow.requests) == 2)
            status = await kernel.status()
            assert (status["clients"], status["tasks"]) == (2, 2)
            client.kill()
        async with asyncio.timeout(10):
            while (status["clients"], status["tasks"]) != (1, 1):
                await asyncio.sleep(0.02)
                status = await kernel.status()
        assert (await kernel.run(Task("hello", model="first"))).text == "hello"
        assert not ours.done()
        ours.cancel()
        async with asyncio.timeout(10):
            while (await kernel.status())["tasks"]:
                await asyncio.sleep(0.02)


async def test_a_client_that_does_not_read_stops_its_own_task_alone(slow: FaultServer) -> None:
    lines = 20_000
    async with attach() as kernel:
        assert isinstance(kernel, Attached)
        async with aclosing(kernel.stream(Task("line\n" * lines, model="first"))) as events:
            await anext(events)
            await asyncio.sleep(0.3)
            assert (await kernel.status())["tasks"] == 1  # far from done: it waits for us
            assert (await kernel.run(Task("hello", model="first"))).text == "hello"
            count = sum([isinstance(event, Delta) async for event in events])
        assert count == lines + 1


async def test_the_time_that_is_left_crosses(slow: FaultServer) -> None:
    slow.always(hang)
    async with attach() as kernel:
        with pytest.raises((ProviderTimeoutError, AllModelsFailedError), match="the task's deadline passed"):
            await kernel.run(Task("hello", model="slow", deadline=1.0))
