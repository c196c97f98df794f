"""The router: snapshots, layers, pausing, and what is kept of a task."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task, load_config
from aurarouter_hooks import ConfigError, Health, Kernel, Location, Model, Prompt, Provider, Reply, RoutingError

YAML = """
models:
  a: {provider: scripted, options: {script: ["%s", null]}}
roles: {coding: [a]}
"""


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(YAML % "old")
    return path


async def test_a_router_is_a_kernel(plugins: Plugins, configure: Callable[..., Config]) -> None:
    async with Router(configure(), plugins) as router:
        kernel: Kernel = router
        assert kernel.call_hook("nobody_has_this") == []


def test_run_sync(plugins: Plugins, file: Path) -> None:
    assert Router(plugins=plugins).run_sync(Task("hi")).text == "old"


async def test_reload_swaps_and_a_bad_file_keeps_the_old(plugins: Plugins, file: Path) -> None:
    async with Router(plugins=plugins) as router:
        file.write_text(YAML % "new")
        await router.reload()
        assert (await router.run(Task("hi"))).text == "new"
        file.write_text("models: {a: {}}")
        with pytest.raises(ConfigError):
            await router.reload()
        assert (await router.run(Task("hi"))).text == "new"


async def test_set_layer_is_above_the_file_and_refused_as_a_whole(plugins: Plugins, file: Path) -> None:
    async with Router(plugins=plugins) as router:
        await router.set_layer("cell", {"system": {"default_timeout": 7}})
        assert router.snapshot.config.system.default_timeout == 7
        with pytest.raises(ConfigError):
            await router.set_layer("cell", {"system": {"default_timeout": -1}})
        await router.reload()
        assert router.snapshot.config.system.default_timeout == 7


async def test_pause_resume_drain(plugins: Plugins, configure: Callable[..., Config]) -> None:
    gate = asyncio.Event()
    entry = {"provider": "scripted", "options": {"script": [gate.wait, "done", None]}}
    async with Router(configure(a=entry), plugins) as router:
        running = asyncio.create_task(router.run(Task("hi")))
        await asyncio.sleep(0)
        assert await router.drain(timeout=0.05) is False
        with pytest.raises(RoutingError, match="paused"):
            await router.run(Task("more"))
        gate.set()
        assert await router.drain() is True
        assert (await running).text == "done"
        router.resume()
        assert (await router.run(Task("again"))).text == "done"


async def test_plugin_sections_reach_plugin_and_middleware(make_plugin: Any) -> None:
    from attrs import frozen

    from aurarouter_core.layers import Layers
    from aurarouter_core.structure import build

    @frozen(kw_only=True)
    class Cache:
        ttl: int = 60

    plugins = Plugins(discover=False, extra=[make_plugin("cache", register_config=lambda: {"cache": Cache})])
    config = build(Layers.of({"cache": {"ttl": 5}}, plugins.sections))
    async with Router(config, plugins) as router:
        assert router.settings("cache") == Cache(ttl=5)


@pytest.mark.parametrize("keep", [False, True])
async def test_traces_are_kept_without_content_unless_asked(
    plugins: Plugins, configure: Callable[..., Config], keep: bool
) -> None:
    config = configure(
        a={"provider": "scripted", "options": {"script": ["sesame", None]}}, system={"keep_content": keep}
    )
    async with Router(config, plugins) as router:
        done = await router.run(Task("open says ali baba"))
        store = router.store
    (kept,) = store.find(done.trace.id[:8])
    assert kept["task_id"] == done.trace.task_id
    assert kept["decision"]["chain"] == ["a"]
    assert (kept["prompt"] == "open says ali baba") is keep
    if not keep:
        raw = store.path.read_bytes()
        for beside in store.path.parent.glob("aurarouter.db-*"):
            raw += beside.read_bytes()
        assert b"ali baba" not in raw
        assert b"sesame" not in raw
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


async def test_failed_tasks_are_kept_too(plugins: Plugins, configure: Callable[..., Config]) -> None:
    async with Router(configure(roles={"coding": []}), plugins) as router:
        with pytest.raises(RoutingError):
            await router.run(Task("hi"))
        store = router.store
    (kept,) = store.latest(1)
    assert kept["error"]["type"] == "NoModelLeftError"
    assert kept["complete"] is False


async def test_reload_keeps_what_the_embedder_asked_for(plugins: Plugins, file: Path) -> None:
    config = load_config(plugins, overrides={"system": {"default_timeout": 3}})
    async with Router(config, plugins) as router:
        await router.set_layer("cell", {"system": {"keep_content": True}})
        await router.reload()
        system = router.snapshot.config.system
        assert (system.default_timeout, system.keep_content) == (3, True)


async def test_a_configuration_made_by_a_program_is_not_replaced(
    plugins: Plugins, configure: Callable[..., Config], file: Path
) -> None:
    async with Router(configure(), plugins) as router:
        with pytest.raises(ConfigError, match="put together by a program"):
            await router.reload()


async def test_layers_set_at_once_don_t_poison_each_other(plugins: Plugins, file: Path) -> None:
    async with Router(plugins=plugins) as router:
        good = router.set_layer("good", {"system": {"default_timeout": 7}})
        bad = router.set_layer("bad", {"system": {"default_timeout": -1}})
        outcomes = await asyncio.gather(bad, good, return_exceptions=True)
        assert isinstance(outcomes[0], ConfigError)
        assert outcomes[1] is None
        await router.reload()
        assert router.snapshot.config.system.default_timeout == 7
        stopped = asyncio.create_task(router.set_layer("late", {"system": {"default_timeout": 9}}))
        await asyncio.sleep(0)
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)
        await router.reload()
        assert router.snapshot.config.system.default_timeout == 7


async def test_a_changed_model_gets_a_new_provider_and_an_unchanged_one_keeps_its_own(
    make_plugin: Any, home: Path
) -> None:
    made: list[str] = []
    closed: list[str] = []

    class Counted(Provider):
        def __init__(self, model: Model) -> None:
            super().__init__(model)
            made.append(f"{model.id} {model.timeouts.total:g}")

        async def generate(self, prompt: Prompt) -> Reply:
            return Reply(text="ok")

        async def where(self) -> Location:
            return Location(kind="process")

        async def aclose(self) -> None:
            closed.append(self.model.id)

    plugins = Plugins(discover=False, extra=[make_plugin("c", register_providers=lambda: {"counted": Counted})])
    path = home / "auraconfig.yaml"
    text = "models: {a: {provider: counted, timeout: %s}, b: {provider: counted}}\nroles: {coding: [a, b]}\n"
    path.write_text(text % 5)
    async with Router(plugins=plugins) as router:
        for _ in range(2):
            await router.run(Task("hi", model="a", private=True))
            await router.run(Task("hi", model="b", private=True))
        path.write_text(text % 6)
        await router.reload()
        assert set(router.pool.locations) == {"b"}
        await router.run(Task("hi", model="a"))
        await router.run(Task("hi", model="b"))
        assert made == ["a 5", "b 120", "a 6"]
    assert sorted(closed) == ["a", "a", "b"]


async def test_a_closed_router_takes_no_tasks_and_makes_no_providers(
    plugins: Plugins, configure: Callable[..., Config]
) -> None:
    router = Router(configure(a={"provider": "scripted", "options": {"script": ["x", None]}}), plugins)
    async with router:
        stream = router.stream(Task("late"))
    with pytest.raises(RoutingError, match="closed"):
        await anext(stream)
    async with router:
        assert (await router.run(Task("again"))).text == "x"


async def test_one_broken_provider_does_not_hide_how_the_others_are(
    make_plugin: Any, providers: object, configure: Callable[..., Config]
) -> None:
    class Bug(Provider):
        async def health(self) -> Health:
            raise KeyError("bug")

    plugins = Plugins(discover=False, extra=[providers, make_plugin("b", register_providers=lambda: {"bug": Bug})])
    async with Router(configure(a={"provider": "bug"}, b={"provider": "here"}), plugins) as router:
        health = await router.health()
    assert (health["a"].state, health["b"].state) == ("down", "unknown")
    assert "KeyError" in health["a"].detail
