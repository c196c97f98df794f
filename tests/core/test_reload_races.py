"""A reload at an awkward moment: what is open stays known, and what was said of the old is not held against the new."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core import headers as model_headers
from aurarouter_core.config import Config
from aurarouter_core.health import look
from aurarouter_hooks import (
    AllModelsFailedError,
    Health,
    Prompt,
    Provider,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    Reply,
)


class Local(Provider):
    """Has a file; says which of them are open."""

    open: ClassVar[set["Local"]] = set()

    async def generate(self, prompt: Prompt) -> Reply:
        self.open.add(self)
        return Reply(text="fine")

    async def aclose(self) -> None:
        self.open.remove(self)


class Moved(Provider):
    """Fails at its old place, and answers at its new one."""

    async def generate(self, prompt: Prompt) -> Reply:
        if self.model.options["at"] == "old":
            raise ProviderUnavailableError("nobody here", retry_after=30)
        return Reply(text="fine")

    async def health(self) -> Health:
        return Health(
            state="misconfigured" if self.model.options["at"] == "old" else "healthy", detail="at the old place"
        )


@pytest.fixture
def plugins(make_plugin: Callable[..., object]) -> Plugins:
    Local.open.clear()
    brings = make_plugin("testing", register_providers=lambda: {"local": Local, "moved": Moved})
    return Plugins(discover=False, extra=[brings])


async def test_what_is_opened_during_a_reload_is_used_by_the_next_task_too(
    configure: Callable[..., Config], plugins: Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"no real one")
    reading, go_on = asyncio.Event(), asyncio.Event()
    of = model_headers.Headers.of

    async def slowly(self: model_headers.Headers, path: Path) -> Any:
        reading.set()
        await go_on.wait()
        return await of(self, path)

    monkeypatch.setattr(model_headers.Headers, "of", slowly)
    config = configure(a={"provider": "local", "model_path": str(tmp_path / "model.gguf")})
    async with Router(config, plugins) as router:
        first = asyncio.create_task(router.run(Task("hi")))
        await reading.wait()
        router.pool.forget(config)
        go_on.set()
        await first
        await router.run(Task("hi"))
        assert len(Local.open) == 1
    assert not Local.open


async def test_a_look_at_the_old_says_nothing_about_the_new(plugins: Plugins) -> None:
    settings = {"models": {"a": {"provider": "moved", "options": {"at": "old"}}}, "roles": {"coding": ["a"]}}
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        before = router.snapshot
        await router.set_layer("test", {"models": {"a": {"tags": ["eu"], "options": {"at": "new"}}}})
        assert router.snapshot.config.models["a"].options["at"] == "new"
        await router.run(Task("hi"))
        seen = await look("a", before, router.pool, always=True)
        assert seen is not None
        assert seen.state == "misconfigured"
        assert not router.pool.states.refusals()


class Limited(Provider):
    """Asks for some time each time that it is asked."""

    asked: ClassVar[list[float]] = []

    async def generate(self, prompt: Prompt) -> Reply:
        self.asked.append(time.monotonic())
        await asyncio.sleep(0.1)
        raise ProviderRateLimitedError("slow down", retry_after=0.5)


async def test_a_task_on_the_old_waits_as_the_old_backend_asks(make_plugin: Callable[..., object]) -> None:
    Limited.asked.clear()
    brings = make_plugin("testing", register_providers=lambda: {"limited": Limited})
    plugins = Plugins(discover=False, extra=[brings])
    settings = {"models": {"a": {"provider": "limited"}}, "roles": {"coding": ["a"]}}
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        running = asyncio.create_task(router.run(Task("hi")))
        await asyncio.sleep(0.02)
        await router.set_layer("test", {"models": {"a": {"tags": ["eu"]}}})
        with pytest.raises(AllModelsFailedError):
            await running
    first, second = Limited.asked
    assert second - first >= 0.5
