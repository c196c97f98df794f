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

from aurarouter_core import Plugins, Router, Task, load_config, loop_thread, plain_calls
from aurarouter_hooks import Done, Prompt, Provider, ProviderRateLimitedError, Reply, RoutingError

WHO = contextvars.ContextVar("WHO", default="nobody")


class Told(Provider):
    """Does what its prompt says."""

    heard: ClassVar[list[str]] = []
    asked: ClassVar[threading.Event] = threading.Event()
    slow: ClassVar[float] = 0.0
    """Seconds that its plugin takes to start and to stop."""

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


async def lived(_: object, *, what: str) -> None:
    if Told.slow:
        Told.heard.append(f"{what} slowly")
        await asyncio.sleep(Told.slow)
    Told.heard.append(what)


@pytest.fixture
def router(make_plugin: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Router]:
    """A router that nobody has opened; its plugin hears when it is started and stopped. It leaves no thread behind."""
    Told.heard.clear()
    Told.asked.clear()
    monkeypatch.setattr(Told, "slow", 0.0)
    before = set(threading.enumerate())
    hooks = {
        "register_providers": lambda: {"told": Told},
        "kernel_started": lambda kernel: lived(kernel, what="started"),
        "kernel_stopping": lambda kernel: lived(kernel, what="stopping"),
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


async def heard(what: str) -> None:
    async with asyncio.timeout(20):
        while what not in Told.heard:
            await asyncio.sleep(0.01)


async def test_a_process_that_was_forked_does_not_wait_for_the_loop_of_the_other(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with router:
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            with pytest.raises(RoutingError, match="forked") as caught:
                await asyncio.to_thread(router.run_sync, Task("hi"))
        assert "each process" in caught.value.hint


async def test_while_it_is_being_opened_calls_wait_and_no_other_loop_gets_it(router: Router) -> None:
    Told.slow = 0.5
    opening = asyncio.create_task(router.__aenter__())
    await heard("started slowly")
    theirs = asyncio.create_task(asyncio.to_thread(router.run_sync, Task("theirs")))
    with pytest.raises(RoutingError, match="open in another event loop"):
        await asyncio.to_thread(asyncio.run, router.__aenter__())
    assert not await asyncio.to_thread(Told.asked.wait, 0.2)
    await opening
    assert (await theirs).complete
    assert Told.heard == ["started slowly", "started"]
    await router.__aexit__(None, None, None)


async def test_while_it_is_being_closed_calls_wait_and_open_it_again(router: Router) -> None:
    await router.__aenter__()
    Told.slow = 0.3
    closing = asyncio.create_task(router.__aexit__(None, None, None))
    await heard("stopping slowly")
    Told.slow = 0.0
    assert (await asyncio.to_thread(router.run_sync, Task("theirs"))).complete
    await closing
    assert Told.heard == ["started", "stopping slowly", "stopping", "started", "stopping"]


async def test_a_call_that_finds_it_closed_once_it_is_its_turn_opens_it_again(router: Router) -> None:
    await router.__aenter__()
    thread = threading.Thread(target=router.run_sync, args=[Task("theirs")])
    thread.start()
    thread.join(0.2)  # it stands in line here, where nothing runs meanwhile
    await router.__aexit__(None, None, None)
    await asyncio.to_thread(thread.join)
    assert Told.asked.is_set()
    assert Told.heard == ["started", "stopping"] * 2


def test_an_opening_that_fails_leaves_nothing_behind(router: Router) -> None:
    assert router.run_sync(Task("before")).complete
    Told.heard.clear()

    async def in_vain() -> None:
        Told.slow = 30
        opening = asyncio.create_task(router.__aenter__())
        await heard("started slowly")
        Told.slow = 0
        opening.cancel()
        await asyncio.wait([opening])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert (await asyncio.to_thread(router.run_sync, Task("theirs"))).complete

    asyncio.run(in_vain())
    assert Told.heard == ["started slowly", "stopping", "started", "stopping"]


def test_an_opening_that_fails_at_once_does_so_after_another_one(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    assert router.run_sync(Task("before")).complete
    with monkeypatch.context() as patched:
        patched.setattr(router.pool, "reopen", broken)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                router.run_sync(Task("in vain"))
    assert router.run_sync(Task("again")).complete


async def test_nobody_waits_for_ever_for_it_to_be_open(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_calls, "PATIENCE", 0.1)
    Told.slow = 1.0
    opening = asyncio.create_task(router.__aenter__())
    await heard("started slowly")
    with pytest.raises(RoutingError, match="still being opened"):
        await asyncio.to_thread(router.run_sync, Task("theirs"))
    Told.slow = 0.0
    await opening
    await router.__aexit__(None, None, None)


def test_who_runs_its_loop_now_and_then_runs_it_for_a_call(router: Router) -> None:
    with asyncio.Runner() as owner:
        owner.run(router.__aenter__())
        with ThreadPoolExecutor(1) as pool:
            theirs = pool.submit(router.run_sync, Task("theirs"))
            with pytest.raises(SystemExit):
                router.run_sync(Task("exit"))
            assert router.run_sync(Task("mine")).complete
            owner.run(asyncio.to_thread(theirs.result, 20))
        owner.run(router.__aexit__(None, None, None))
    assert Told.heard == ["started", "stopping"]


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_cancels_what_runs_in_the_loop_of_this_thread(router: Router) -> None:
    with asyncio.Runner() as owner:
        owner.run(router.__aenter__())
        alarm = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        alarm.start()
        with pytest.raises(KeyboardInterrupt):
            router.run_sync(Task("think"))
        alarm.join()
        assert Told.heard == ["started", "cleaned up"]
        owner.run(router.__aexit__(None, None, None))


def test_nobody_waits_for_ever_for_a_loop_that_nobody_runs(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_thread, "PATIENCE", 0.1)
    with asyncio.Runner() as owner, ThreadPoolExecutor(1) as pool:
        owner.run(router.__aenter__())
        with pytest.raises(RoutingError, match="nobody runs the event loop") as caught:
            pool.submit(router.run_sync, Task("theirs")).result(timeout=20)
        assert "in the thread that opened it" in caught.value.hint
        owner.run(router.__aexit__(None, None, None))
    assert not Told.asked.is_set()
