"""Calls from plain code: of many threads at once, beside whoever has the router open, interrupted, and out of place."""

import asyncio
import contextvars
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import Done, Prompt, Provider, ProviderRateLimitedError, Reply, RoutingError

WHO = contextvars.ContextVar("WHO", default="nobody")


class Told(Provider):
    """Does what its prompt says."""

    heard: ClassVar[list[str]] = []
    asked: ClassVar[threading.Event] = threading.Event()

    async def generate(self, prompt: Prompt) -> Reply:
        self.asked.set()
        if prompt.text == "be limited":
            raise ProviderRateLimitedError("slow down", retry_after=30)
        if prompt.text == "exit":
            raise SystemExit(3)
        if prompt.text == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(30 if prompt.text in {"interrupt", "think"} else 0.01)
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            self.heard.append("cleaned up")
            raise
        return Reply(text=f"{prompt.text}, {WHO.get()}")


@pytest.fixture
def router(make_plugin: Any) -> Iterator[Router]:
    """A router that nobody has opened; its plugin hears when it is started and stopped. It leaves no thread behind."""
    Told.heard.clear()
    Told.asked.clear()
    before = set(threading.enumerate())
    hooks = {
        "register_providers": lambda: {"told": Told},
        "kernel_started": lambda kernel: Told.heard.append("started"),
        "kernel_stopping": lambda kernel: Told.heard.append("stopping"),
    }
    plugins = Plugins(discover=False, extra=[make_plugin("told", **hooks)])
    roles = {"coding": ["m"], "reasoning": ["m"]}
    settings = {"models": {"m": {"provider": "told"}}, "roles": roles}
    yield Router(load_config(plugins, settings=settings), plugins)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """An interrupt raises KeyboardInterrupt, whatever whoever runs the tests made of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_one_after_the_other_each_opens_and_closes_it(router: Router) -> None:
    token = WHO.set("me")
    assert [router.run_sync(Task(text)).text for text in ("one", "two")] == ["one, me", "two, me"]
    WHO.reset(token)
    assert Told.heard == ["started", "stopping"] * 2


def test_many_threads_at_once_get_each_its_own_answer(router: Router) -> None:
    texts = [f"number {number}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = [done.text for done in pool.map(lambda text: router.run_sync(Task(text)), texts)]
    assert answers == [f"{text}, nobody" for text in texts]
    assert Told.heard == ["started", "stopping"] * (len(Told.heard) // 2)
    assert len(router.store.latest(100)) == len(texts)


async def test_beside_whoever_has_it_open(router: Router) -> None:
    async with router:
        calls = [asyncio.to_thread(router.run_sync, Task(f"theirs {number}")) for number in range(4)]
        done: list[Done] = await asyncio.gather(router.run(Task("mine")), *calls, router.run(Task("mine")))
        assert {one.text.split()[0] for one in done} == {"mine,", "theirs"}
        assert Told.heard == ["started"]
        assert (await router.run(Task("mine"))).complete
    assert Told.heard == ["started", "stopping"]
    await asyncio.to_thread(router.run_sync, Task("alone"))
    assert Told.heard == ["started", "stopping"] * 2


def test_whoever_has_it_open_may_leave(router: Router) -> None:
    with ThreadPoolExecutor(1) as pool:
        with asyncio.Runner() as owner:
            owner.run(router.__aenter__())
            theirs = pool.submit(router.run_sync, Task("think"))
            owner.run(asyncio.to_thread(Told.asked.wait, 20))
            owner.run(router.__aexit__(None, None, None))
        with pytest.raises(RoutingError, match="ended before it was done"):
            theirs.result(timeout=20)
    assert router.run_sync(Task("again")).complete


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_cancels_the_task_and_closes_the_router(router: Router) -> None:
    with pytest.raises(KeyboardInterrupt):
        router.run_sync(Task("interrupt"))
    assert Told.heard == ["started", "cleaned up", "stopping"]
    assert router.run_sync(Task("again")).complete


@pytest.mark.usefixtures("ctrl_c")
def test_who_was_interrupted_while_it_waited_for_a_model_can_wait_again(router: Router) -> None:
    for _ in range(2):
        alarm = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        alarm.start()
        with pytest.raises(KeyboardInterrupt):
            router.run_sync(Task("be limited"))
        alarm.join()


def test_what_ends_a_program_ends_the_one_that_called(router: Router) -> None:
    with pytest.raises(SystemExit):
        router.run_sync(Task("exit"))
    assert Told.heard == ["started", "stopping"]


async def test_where_a_loop_runs_it_says_what_to_do(router: Router) -> None:
    with pytest.raises(RoutingError, match="where an event loop runs") as caught:
        router.run_sync(Task("hi"))
    assert "await router.run(task)" in caught.value.hint
    async with router:
        with pytest.raises(RoutingError, match="open in another event loop"):
            await asyncio.to_thread(asyncio.run, router.__aenter__())
        assert (await router.run(Task("hi"))).complete
