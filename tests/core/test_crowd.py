"""A thousand tasks at once on slow sockets: places are kept, nobody overtakes, nobody is lost, health stays true."""

import asyncio
import resource
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import AllModelsFailedError, Done, Progress
from fault_server import FaultServer
from faults import Turn, status, well

CROWD = 1000


class Slow:
    """Answers well, after a while; knows how many it serves at the same time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = self.most = 0
        self.order: list[int] = []
        self.lock = threading.Lock()

    async def __call__(self, turn: Turn) -> None:
        if turn.request.method == "GET":
            return await well(turn)
        self.order.append(int(turn.request.json["messages"][-1]["content"]))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return await well(turn)


@pytest.fixture
def configured(fault_server: FaultServer) -> Callable[..., Router]:
    def make(spare: str = "", **entry: Any) -> Router:
        plugins = Plugins()
        models = {"slow": {"provider": "openapi", "endpoint": fault_server.url, **entry}}
        if spare:
            models["spare"] = {"provider": "openapi", "endpoint": spare}
        settings = {"models": models, "roles": {"coding": list(models)}, "system": {"retries": 0}}
        return Router(load_config(plugins, settings=settings), plugins)

    return make


def kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def test_all_are_served_in_their_order_by_so_many_places(
    fault_server: FaultServer, configured: Callable[..., Router]
) -> None:
    slow = Slow(0.01)
    fault_server.always(slow)
    async with configured(max_concurrency=20, max_queue=CROWD) as router:
        await router.run(Task("-1"))
        before = kilobytes()
        tasks = [asyncio.create_task(router.run(Task(str(number)))) for number in range(CROWD)]
        await asyncio.sleep(0.1)
        assert (await router.health())["slow"].state == "healthy"
        answers = await asyncio.gather(*tasks)
        grown = kilobytes() - before
    assert all(answer.text == "Hello Ada." for answer in answers)
    assert slow.most <= 20
    order = slow.order[1:]
    assert sorted(order) == list(range(CROWD))
    assert max(abs(place - number) for place, number in enumerate(order)) <= 20, "nobody overtakes but neighbours"
    assert grown < 100_000, "a task that waits costs little"


async def test_those_whom_the_line_has_no_room_for_go_on(
    fault_server: FaultServer, configured: Callable[..., Router]
) -> None:
    slow = Slow(0.01)
    fault_server.always(slow)
    with FaultServer() as spare:
        async with configured(spare.url, max_concurrency=5, max_queue=10) as router:
            answers = await asyncio.gather(*(router.run(Task(str(number))) for number in range(100)))
        assert {answer.complete for answer in answers} == {True}
        assert len(slow.order) >= 15
        assert len(slow.order) + len([r for r in spare.requests if r.method == "POST"]) == 100
    passed = [answer for answer in answers if answer.trace.attempts[-1].model == "spare"]
    error = passed[0].trace.attempts[0].error
    assert error is not None
    assert error.message == "all its places are taken and 10 tasks wait for one"


async def test_a_full_line_is_told_and_no_failure_of_the_model(
    fault_server: FaultServer, configured: Callable[..., Router]
) -> None:
    slow = Slow(0.2)
    fault_server.always(slow)
    async with configured(max_concurrency=1, max_queue=1) as router:
        one, two = (asyncio.create_task(router.run(Task(str(number)))) for number in (1, 2))
        while not slow.order:
            await asyncio.sleep(0.01)
        with pytest.raises(AllModelsFailedError, match="all its places are taken and 1 tasks wait"):
            await router.run(Task("3"))
        assert not router.pool.states.refusals()
        assert (await one).complete
        assert (await two).complete


async def test_who_waits_is_told_and_leaves_in_time(
    fault_server: FaultServer, configured: Callable[..., Router]
) -> None:
    slow = Slow(0.3)
    fault_server.always(slow)
    async with configured(max_concurrency=1) as router:
        first = asyncio.create_task(router.run(Task("1")))
        while not slow.order:
            await asyncio.sleep(0.01)
        told: list[str] = []

        async def listen() -> None:
            async for event in router.stream(Task("2", deadline=0.05)):
                if isinstance(event, Progress):
                    told.append(event.what)

        with pytest.raises(AllModelsFailedError, match="deadline passed while it waited for a place"):
            await listen()
        assert told == ["waiting for a place at 'slow', 0 tasks come first"]
        assert isinstance(await first, Done)
        assert (await router.run(Task("3"))).complete, "who left took no place along"
    assert slow.order == [1, 3]


async def test_an_outage_in_a_crowd_is_one_failure(
    fault_server: FaultServer, configured: Callable[..., Router]
) -> None:
    fault_server.always(status(503))
    async with configured() as router:
        outcomes = await asyncio.gather(*(router.run(Task(str(n))) for n in range(200)), return_exceptions=True)
        state = router.pool.states.state("slow")
        assert state is not None
        assert state.failures <= 5
    assert all(isinstance(outcome, AllModelsFailedError) for outcome in outcomes)
