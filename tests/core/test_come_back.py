"""Models that fail and come back: asked again, waited for, left alone, and known to all processes."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from aurarouter_core import Config, Plugins, Router, Task, load_config
from aurarouter_core.background import hear
from aurarouter_hooks import (
    AllModelsFailedError,
    Done,
    Health,
    Progress,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
)
from fault_server import FaultServer
from faults import status, well

Run = Callable[..., Any]
SOON = status(429, {"retry-after-ms": "100"})
LATER = status(429, {"Retry-After": "600"})


class Loading(Provider):
    """Loads for as many health checks as its list has shares."""

    shares: ClassVar[list[float]] = []

    async def generate(self, prompt: Prompt) -> Reply:
        if self.shares:
            raise ProviderUnavailableError("still loading")
        return Reply(text="ready")

    async def health(self) -> Health:
        return Health(state="loading", progress=self.shares.pop(0)) if self.shares else Health(state="healthy")


class Sleeping(Provider):
    """Down for whoever looks; only who asks finds out whether it still is."""

    down: ClassVar[bool] = True

    async def generate(self, prompt: Prompt) -> Reply:
        if self.down:
            raise ProviderUnavailableError("asleep")
        return Reply(text="awake")

    async def health(self) -> Health:
        return Health(state="down", detail="asleep")


class Damaged(Provider):
    """Can't load its file, until somebody mends it."""

    asked: ClassVar[int] = 0
    mended: ClassVar[bool] = False

    async def generate(self, prompt: Prompt) -> Reply:
        Damaged.asked += 1
        if not self.mended:
            raise ProviderUnavailableError("the file is damaged", lasting=True)
        return Reply(text="whole")

    async def health(self) -> Health:
        return Health(state="down", detail="the file is damaged")


@pytest.fixture
def configured(fault_server: FaultServer) -> Callable[..., Config]:
    def make(plugins: Plugins, key: str = "sk-1", system: Mapping[str, Any] | None = None, **more: Any) -> Config:
        models = {"cloud": {"provider": "openapi", "endpoint": fault_server.url, "api_key": key}, **more}
        settings = {"models": models, "roles": {"coding": list(models)}, "system": dict(system or {})}
        return load_config(plugins, settings=settings)

    return make


async def told(router: Router, **wishes: Any) -> tuple[list[str], Done]:
    progress: list[str] = []
    done: Done | None = None
    async for event in router.stream(Task("hi", **wishes)):
        if isinstance(event, Progress):
            progress.append(event.what)
        elif isinstance(event, Done):
            done = event
    assert done is not None
    return progress, done


def posts(server: FaultServer) -> int:
    return len([request for request in server.requests if request.method == "POST"])


async def test_the_only_model_is_asked_again(fault_server: FaultServer, configured: Callable[..., Config]) -> None:
    fault_server.will(status(503))
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as router:
        _, done = await told(router)
    assert [attempt.outcome for attempt in done.trace.attempts] == ["failed", "ok"]


async def test_a_limit_is_waited_out_when_nobody_else_answers(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.will(SOON)
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as router:
        progress, done = await told(router)
    assert progress[0].startswith("waiting for 'cloud', rate limited for 0.")
    first, second = done.trace.attempts
    assert second.started - first.started >= 0.1


async def test_a_wait_beyond_patience_is_not_begun(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(LATER)
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as router:
        for words in ("answered 429", "rate limited for 10 min"):
            with pytest.raises(AllModelsFailedError, match=words):
                await asyncio.wait_for(router.run(Task("hi")), 20)
    assert posts(fault_server) == 1


async def test_a_busy_backend_that_names_a_time_gets_it_however_well_it_looks(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.will(status(503, {"Retry-After": "600"}))
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as router:
        with pytest.raises(AllModelsFailedError, match="503"):
            await asyncio.wait_for(router.run(Task("hi")), 20)
        await router.health()
        with pytest.raises(AllModelsFailedError, match="cooling for 10 min more"):
            await asyncio.wait_for(router.run(Task("hi")), 20)
    assert posts(fault_server) == 1


async def test_a_refused_key_is_not_tried_again_until_it_changes(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(status(401))
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as router:
        for words in ("401", "misconfigured for 60 min"):
            with pytest.raises(AllModelsFailedError, match=words):
                await router.run(Task("hi"))
        assert posts(fault_server) == 1
        fault_server.always(well)
        await router.set_layer("test", {"models": {"cloud": {"api_key": "sk-2"}}})
        assert (await router.run(Task("hi"))).complete


async def test_a_loading_model_is_waited_for_and_says_how_far(
    configured: Callable[..., Config], make_plugin: Any
) -> None:
    Loading.shares = [0.2, 0.43, 0.9]
    plugins = Plugins(discover=False, extra=[make_plugin("l", register_providers=lambda: {"loading": Loading})])
    settings = {"models": {"big": {"provider": "loading"}}, "roles": {"coding": ["big"]}}
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        progress, done = await told(router)
    assert progress[0] == "waiting for 'big', loading 20%"
    assert done.text == "ready"
    assert len(done.trace.attempts) == 2


async def test_what_is_down_gets_a_moment_and_no_more(configured: Callable[..., Config]) -> None:
    plugins = Plugins()
    dead = {"provider": "openapi", "endpoint": "http://127.0.0.1:9"}
    settings = {"models": {"dead": dead}, "roles": {"coding": ["dead"]}, "system": {"retries": 9}}
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        began = time.monotonic()
        with pytest.raises(AllModelsFailedError, match="dead: "):
            await router.run(Task("hi"))
        assert time.monotonic() - began < 5, "max_wait is for what may come back"


async def test_what_is_down_until_it_is_asked_is_asked_however_often_one_looks(make_plugin: Any) -> None:
    Sleeping.down = True
    plugins = Plugins(discover=False, extra=[make_plugin("s", register_providers=lambda: {"sleeping": Sleeping})])
    settings = {"models": {"asleep": {"provider": "sleeping"}}, "roles": {"coding": ["asleep"]}}
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        with pytest.raises(AllModelsFailedError):
            await router.run(Task("hi", deadline=0.1))
        Sleeping.down = False
        for _ in range(4):
            assert (await router.health())["asleep"].state == "down"
            with suppress(AllModelsFailedError):
                assert (await router.run(Task("hi", deadline=1))).text == "awake"
                break
        else:
            pytest.fail("nobody asked it")


async def test_the_rest_of_the_chain_goes_first(fault_server: FaultServer, configured: Callable[..., Config]) -> None:
    fault_server.will(status(503))
    plugins = Plugins()
    async with Router(configured(plugins, echo={"provider": "echo"}), plugins) as router:
        _, done = await told(router)
        assert done.text == "hi"
        router.pool.states.excuse("cloud")
        assert (await router.run(Task("hi"))).text == "Hello Ada."


async def test_what_one_process_learns_the_others_know(
    fault_server: FaultServer, configured: Callable[..., Config]
) -> None:
    fault_server.always(LATER)
    plugins = Plugins()
    async with Router(configured(plugins), plugins) as one:
        async with Router(configured(plugins), plugins) as early:
            with pytest.raises(AllModelsFailedError):
                await one.run(Task("hi"))
            one.store.close()
            await hear(early.store, early.pool, early.snapshot)
            with pytest.raises(AllModelsFailedError, match="rate limited"):
                await early.run(Task("hi"))
        async with Router(configured(plugins), plugins) as late:
            with pytest.raises(AllModelsFailedError, match="rate limited"):
                await late.run(Task("hi"))
            assert (await late.health())["cloud"].state == "rate_limited"
        async with Router(configured(plugins, key="sk-other"), plugins) as other:
            with pytest.raises(AllModelsFailedError, match="answered 429"):
                await other.run(Task("hi"))
    assert posts(fault_server) == 2


def test_the_command_line_shares_them(aurarouter: Run, fault_server: FaultServer) -> None:
    config = (
        f"models: {{cloud: {{provider: openapi, endpoint: '{fault_server.url}'}}, e: {{provider: echo}}}}\n"
        "roles: {coding: [cloud, e]}\n"
    )
    fault_server.will(LATER)
    first = aurarouter("run", "hi", config=config)
    assert (first.stdout, first.returncode) == ("hi\n", 0)
    second = aurarouter("run", "hi", "--json", config=config)
    told = json.loads(second.stdout)
    assert [attempt["model"] for attempt in told["attempts"]] == ["e"]
    assert told["trace"]["nodes"][-1]["skipped"]["cloud"].startswith("rate limited for 10 min")
    explained = aurarouter("explain", "hi", config=config)
    assert "1. cloud  (rate limited for 10 min" in explained.stdout
    tested = aurarouter("model", "test", "cloud", config=config)
    assert tested.returncode == 0, "who tests a model wants it asked"
    assert aurarouter("run", "hi", config=config).stdout == "Hello Ada.\n"


async def test_nobody_waits_for_what_does_not_pass_by_itself(
    make_plugin: Callable[..., object], configure: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Damaged, "asked", 0)
    monkeypatch.setattr("aurarouter_core.failure_state.MENDING", 0.6)
    plugins = Plugins(discover=False, extra=[make_plugin("p", register_providers=lambda: {"damaged": Damaged})])
    async with Router(configure(a={"provider": "damaged"}), plugins) as router:
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(AllModelsFailedError, match="the file is damaged"):
                await router.run(Task("hi"))
        assert time.monotonic() - began < 0.6
        assert Damaged.asked == 1
        for asked in range(2, 8):  # it is tried once in each later task, and no breaker makes anybody wait
            await asyncio.sleep(0.65)
            began = time.monotonic()
            with pytest.raises(AllModelsFailedError):
                await router.run(Task("hi"))
            assert time.monotonic() - began < 0.4
            assert Damaged.asked == asked
        monkeypatch.setattr(Damaged, "mended", True)
        await asyncio.sleep(0.65)
        assert (await router.run(Task("hi"))).text == "whole"
