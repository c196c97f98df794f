"""Any order of coming, leaving, giving up and crashing: memory is never overdrawn, and nobody is forgotten."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aurarouter_core.amounts import Amount
from aurarouter_core.config import System
from aurarouter_hooks import ProviderUnavailableError
from tenants import House, settled

SIZES = {"a": 60, "b": 50, "c": 30, "d": 10, "e": 130}


class Sharing(RuleBasedStateMachine):
    """Tasks that use models, in one event loop that goes on between the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.run(self.begin())
        self.tasks: dict[asyncio.Task[str], tuple[str, asyncio.Event]] = {}
        self.allowed = 100

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.runner.run(work)

    async def begin(self) -> None:
        self.house = House(100)
        for name, size in SIZES.items():
            self.house.add(name, size)

    async def use(self, name: str, done: asyncio.Event) -> str:
        try:
            async with self.house.using(name, within=None):
                await done.wait()
        except ProviderUnavailableError as error:
            return str(error)
        return "used"

    @rule(name=st.sampled_from(sorted(SIZES)))
    def come(self, name: str) -> None:
        async def work() -> None:
            done = asyncio.Event()
            self.tasks[asyncio.create_task(self.use(name, done))] = name, done
            await settled()

        self.run(work())

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(list(self.tasks)))

        async def work() -> None:
            self.tasks[task][1].set()
            await settled()

        self.run(work())
        self.drop()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from(list(self.tasks)))

        async def work() -> None:
            task.cancel()
            await settled()

        self.run(work())
        self.drop()

    @rule(name=st.sampled_from("abcd"))
    def crash(self, name: str) -> None:
        self.house.providers[name].here = False

    @rule(name=st.sampled_from("abcd"), slow=st.booleans())
    def slow_down(self, name: str, slow: bool) -> None:
        async def work() -> None:
            gate = self.house.providers[name].gate
            gate.clear() if slow else gate.set()
            await settled()

        self.run(work())

    @rule(allowed=st.sampled_from([60, 100, 150]))
    def reconfigure(self, allowed: int) -> None:
        async def work() -> None:
            self.house.memory.follow(System(memory=Amount(allowed)))
            await settled()

        self.allowed = max(self.allowed, allowed)  # what is loaded need not go
        self.run(work())
        self.drop()

    def drop(self) -> None:
        for task in [task for task in self.tasks if task.done()]:
            name, _ = self.tasks.pop(task)
            if not task.cancelled():
                assert task.result() == "used" or SIZES[name] > 60, task.result()

    @invariant()
    def memory_is_not_overdrawn(self) -> None:
        house = self.house
        assert house.memory.reserved <= self.allowed
        assert sum(SIZES[name] for name, one in house.providers.items() if one.here) <= house.memory.reserved
        for name, one in house.providers.items():
            assert house.tenants[name].users == one.users  # nobody has a place and doesn't know it

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        memory = self.house.memory
        if memory._queue:
            held = memory._tenants
            assert any(one.users or one.leaving for one in held), "nobody is in the way"

    def teardown(self) -> None:
        async def work() -> None:
            for provider in self.house.providers.values():
                provider.gate.set()
            for _, done in self.tasks.values():
                done.set()
            async with asyncio.timeout(10):
                await asyncio.gather(*self.tasks, return_exceptions=True)
            assert not self.house.memory._queue

        self.run(work())
        self.runner.close()


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
