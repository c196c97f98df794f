"""Ctrl-C in a command's event loop: what it cancels is cancelled between tasks, and a second one acts at once."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from aurarouter_core.cli.ending import interrupted_between, run_async


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """An interrupt raises KeyboardInterrupt, whatever whoever runs the tests made of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(100):  # a handler runs within the next lines
        pass


def test_a_callback_is_not_cut_short_by_it() -> None:
    heard: list[object] = []

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None

        def answers() -> None:
            interrupt()
            heard.append(task.cancelling())

        loop = asyncio.get_running_loop()
        loop.call_soon(answers)
        try:
            await asyncio.sleep(30)
        finally:
            heard.append("cleaned up")

    with pytest.raises(KeyboardInterrupt):
        run_async(work())
    assert heard == [0, "cleaned up"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_ends_what_does_not_give_in() -> None:
    async def work() -> None:
        interrupt()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            interrupt()
        pytest.fail("the second one was not heard")

    with pytest.raises(KeyboardInterrupt):
        run_async(work())


def test_a_conversation_goes_on_after_it() -> None:
    async def stopped() -> None:
        interrupt()
        await asyncio.sleep(30)

    async def said() -> str:
        return "hello"

    with asyncio.Runner() as runner:
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                runner.run(interrupted_between(stopped()))
            assert runner.run(interrupted_between(said())) == "hello"


def test_who_has_it_ignored_is_not_disturbed() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    async def work() -> str:
        interrupt()
        await asyncio.sleep(0)
        return "done"

    assert run_async(work()) == "done"
