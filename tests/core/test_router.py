"""The router: snapshots, layers, pausing, and what is kept of a task."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import ConfigError, Kernel, RoutingError

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
        assert kernel.ask("nobody_has_this") == []


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


async def test_plans_are_refused_clearly(plugins: Plugins, configure: Callable[..., Config]) -> None:
    async with Router(configure(), plugins) as router:
        with pytest.raises(RoutingError, match="can't plan"):
            await router.run(Task("hi", mode="plan"))


async def test_plugin_sections_reach_plugin_and_middleware(make_plugin: Any) -> None:
    from attrs import frozen

    from aurarouter_core.structure import build

    @frozen(kw_only=True)
    class Cache:
        ttl: int = 60

    plugins = Plugins(discover=False, extra=[make_plugin("cache", register_config=lambda: {"cache": Cache})])
    config = build({"cache": {"ttl": 5}}, plugins.sections)
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
