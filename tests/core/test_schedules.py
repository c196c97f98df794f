"""Generated days: chains of one to six models on real sockets that fail in every way, while tasks come, go and reload.

Whatever happens, a task ends with an answer or one typed error in its time, nobody is asked who may not be, events
keep their grammar, and nothing is left behind.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any, ClassVar

import pytest
from attrs import define, field
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import faults
import grammar
from aurarouter_core import Plugins, Router, Task, backoff, failure_state, load_config, order
from aurarouter_core.failure_state import FailureState
from aurarouter_core.home import Home
from aurarouter_hooks import AllModelsFailedError, AuraRouterError, Done, Event
from fault_server import FaultServer

MODELS = 6
SLACK = 0.1
"""Seconds that a task may take beyond its deadline, besides what the machine itself was late."""
FAULTS: dict[str, faults.Fault] = {
    "well": faults.well,
    "429": faults.status(429),
    "429 for 50 ms": faults.status(429, {"retry-after-ms": "50"}),
    "429 for a second": faults.status(429, {"retry-after-ms": "1000"}),
    "429 for a minute": faults.status(429, {"Retry-After": "60"}),
    "500": faults.status(500),
    "503 for 30 ms": faults.status(503, {"retry-after-ms": "30"}),
    "401": faults.status(401),
    "400": faults.status(400),
    "reset": faults.reset,
    "hang": faults.hang,
    "slow headers": faults.slow_headers,
    "half a stream": faults.half_a_stream(),
    "half, then a reset": faults.half_a_stream("reset"),
    "half, then nothing": faults.half_a_stream("hang"),
    "garbage": faults.answer(b"\xff\xfe<html>"),
    "no HTTP": faults.raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
}


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@define
class Asked:
    """A task that was given to the router, and what came of it."""

    deadline: float
    events: list[Event] = field(factory=list)
    outcome: Any = None
    seconds: float = 0.0


class Lag:
    """How late this machine's own loop was at most."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            self.worst = max(self.worst, time.perf_counter() - began - 0.01)


class Schedules(RuleBasedStateMachine):
    """One router over `MODELS` servers; each example is one schedule."""

    servers: ClassVar[list[FaultServer]]
    home: ClassVar[Home]
    plugins: ClassVar[Plugins]

    @initialize(
        chain=st.integers(1, MODELS),
        retries=st.integers(0, 2),
        places=st.sampled_from([None, 1, 3]),
        patience=st.sampled_from([0.05, 2.0]),
    )
    def begin(self, chain: int, retries: int, places: int | None, patience: float) -> None:
        self.runner = asyncio.Runner()
        self.loop = self.runner.get_loop()
        self.descriptors = descriptors()
        entry = {
            "provider": "openapi", "first_token_timeout": 0.06, "between_tokens_timeout": 0.06, "timeout": 0.3,
            "max_concurrency": places, "max_queue": 4,
        }  # fmt: skip
        models = {f"m{n}": {**entry, "endpoint": self.servers[n].url} for n in range(chain)}
        system = {"retries": retries, "max_wait": patience}
        config = load_config(
            self.plugins, settings={"models": models, "roles": {"coding": list(models)}, "system": system}
        )
        self.router = Router(config, self.plugins, home=self.home)
        self.run(self.router.__aenter__())
        self.running: dict[asyncio.Task[None], Asked] = {}
        self.lag = Lag()
        self.watching = self.loop.create_task(self.lag.watch())
        for server in self.servers:
            server.requests.clear()
            server.forget()

    def run(self, work: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await work

        return self.runner.run(whole())

    @rule(model=st.integers(0, MODELS - 1), fault=st.sampled_from(sorted(FAULTS)), times=st.integers(0, 3))
    def break_something(self, model: int, fault: str, times: int) -> None:
        if times:
            self.servers[model].will(*[FAULTS[fault]] * times)
        else:
            self.servers[model].always(FAULTS[fault])

    @rule(model=st.integers(0, MODELS - 1))
    def load_slowly(self, model: int) -> None:
        loading = faults.status(503, None, {"error": {"message": "Loading model", "code": 503}})
        self.servers[model].will(loading, loading, loading)

    @rule(tasks=st.integers(1, 5), deadline=st.sampled_from([0.05, 0.2, 0.4]))
    def ask(self, tasks: int, deadline: float) -> None:
        for _ in range(tasks):
            asked = Asked(deadline)
            self.running[self.loop.create_task(self._ask(asked))] = asked

    async def _ask(self, asked: Asked) -> None:
        began = time.perf_counter()
        try:
            async with aclosing(self.router.stream(Task("hi", deadline=asked.deadline))) as events:
                async for event in events:
                    asked.events.append(event)
            asked.outcome = asked.events[-1]
        except (AuraRouterError, asyncio.CancelledError) as error:
            asked.outcome = error
        asked.seconds = time.perf_counter() - began

    @rule(number=st.integers(0, 100))
    def cancel_one(self, number: int) -> None:
        self.run(asyncio.sleep(0.005))
        if self.running:
            list(self.running)[number % len(self.running)].cancel()

    @rule(timeout=st.sampled_from([0.2, 0.3]))
    def reload(self, timeout: float) -> None:
        self.run(self.router.set_layer("test", {"models": {"m0": {"timeout": timeout}}}))

    @rule(seconds=st.sampled_from([0.0, 0.02, 0.06]))
    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule()
    def look_at_health(self) -> None:
        self.running[self.loop.create_task(self._health())] = Asked(60.0, outcome=True)

    async def _health(self) -> None:
        assert len(await self.router.health()) == len(self.router.snapshot.models)

    @invariant()
    def every_task_ends_well_and_in_time(self) -> None:
        for task in [task for task in getattr(self, "running", {}) if task.done()]:
            asked = self.running.pop(task)
            if not task.cancelled():
                task.result()
            if asked.outcome is True or task.cancelled():
                continue
            assert asked.seconds < asked.deadline + SLACK + 2 * self.lag.worst
            grammar.check(asked.events, whole=isinstance(asked.outcome, Done))
            assert isinstance(asked.outcome, Done | AuraRouterError | asyncio.CancelledError)

    def _works_on(self) -> None:
        """No place was lost, no breaker jammed, no connection poisoned: with all servers well, everybody answers."""
        for server in self.servers:
            server.forget()
        for model in self.router.snapshot.models:
            assert any(self._answers(model) for _ in range(5)), "a busy machine may miss a clock of 60 ms, not always"

    def _answers(self, model: str) -> bool:
        self.router.pool.states.excuse(model)
        try:
            answer = self.run(asyncio.wait_for(self.router.run(Task("hi", model=model)), 10))
        except AllModelsFailedError:
            return False
        return bool(answer.text == "Hello Ada." and answer.complete)

    def teardown(self) -> None:
        if not hasattr(self, "router"):
            return
        try:
            self.run(asyncio.wait(self.running, timeout=20) if self.running else asyncio.sleep(0))
            self.every_task_ends_well_and_in_time()
            assert not self.running
            self._works_on()
            self.watching.cancel()
            self.run(self.router.__aexit__(None, None, None))
            assert asyncio.all_tasks(self.loop) <= {self.watching}
        finally:
            self.runner.close()
            for server in self.servers:
                server.hang_up()
        until = time.monotonic() + 5
        while (left := descriptors()) > self.descriptors and time.monotonic() < until:
            time.sleep(0.005)  # the servers' own ends close in their threads
        assert left <= self.descriptors


@pytest.fixture
def days(home: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Schedules]]:
    """The machine, with servers, with seconds shortened to milliseconds, and with a witness of each attempt."""
    monkeypatch.setattr(backoff, "BASE", 0.01)
    monkeypatch.setattr(backoff, "CAP", 0.1)
    monkeypatch.setattr(failure_state, "LOOK_AGAIN", 0.02)
    monkeypatch.setattr(order, "GRACE", 0.05)
    monkeypatch.setattr(order, "LOOK_EVERY", 0.02)
    begin: Callable[[FailureState], int] = FailureState.begin

    def witnessed(state: FailureState) -> int:
        assert state.refusal is None, state.refusal
        return begin(state)

    monkeypatch.setattr(FailureState, "begin", witnessed)
    with ExitStack() as stack:
        Schedules.servers = [stack.enter_context(FaultServer()) for _ in range(MODELS)]
        Schedules.home, Schedules.plugins = Home.of(), Plugins()
        yield Schedules


def schedules(days: type[Schedules], count: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        days,
        settings=settings(max_examples=count, stateful_step_count=10, deadline=None, suppress_health_check=checks),
    )


def test_schedules(days: type[Schedules]) -> None:
    schedules(days, 120)


@pytest.mark.soak
def test_many_schedules(days: type[Schedules]) -> None:
    schedules(days, 2000)
