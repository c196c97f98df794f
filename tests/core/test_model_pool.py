"""The pool: one provider per model and key, shared; after a reload, old ones close when their last task is done."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from aurarouter_core import Config, Plugins, loans
from aurarouter_core.configured import configured
from aurarouter_core.home import Home
from aurarouter_core.layers import Layers
from aurarouter_core.models import ModelPool
from aurarouter_core.structure import build
from aurarouter_hooks import (
    Location,
    Model,
    Provider,
    ProviderAuthError,
    ProviderUnavailableError,
)


class Counted(Provider):
    """Knows which of its kind are open, and notices when it is closed twice or while it is used."""

    open: ClassVar[list["Counted"]] = []
    made: ClassVar[int] = 0

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.open.append(self)
        type(self).made += 1
        self.users = 0

    async def where(self) -> Location:
        return Location(kind="process", host=str(self.model.options.get("version")))

    async def aclose(self) -> None:
        assert self.users == 0
        self.open.remove(self)


class Pool:
    """A pool and what a router would give it."""

    def __init__(self, pool: ModelPool, plugins: Plugins) -> None:
        self.pool, self.plugins = pool, plugins

    def config(self, environ: dict[str, str] | None = None, timeout: float = 9, **models: Any) -> Config:
        models = {name: {"provider": "counted", **entry} for name, entry in models.items()}
        settings = {"models": models, "system": {"default_timeout": timeout}}
        return build(Layers.of(settings, self.plugins.sections), environ=environ or {})

    def borrow(self, config: Config, name: str = "a") -> Any:
        return self.pool.borrow(configured(config)[name], config.models[name], self.plugins)


@pytest.fixture
async def pool(make_plugin: Callable[..., object], home: Path) -> Any:
    Counted.open.clear()
    Counted.made = 0
    plugins = Plugins(discover=False, extra=[make_plugin("c", register_providers=lambda: {"counted": Counted})])
    made = ModelPool(Home(home), {"KEY": "sk-1"})
    yield Pool(made, plugins)
    await made.aclose()
    assert Counted.open == []


async def settled() -> None:
    """Lets what was begun come to its end."""
    for _ in range(5):
        await asyncio.sleep(0)


def versions() -> list[Any]:
    return sorted(provider.model.options["version"] for provider in Counted.open)


async def test_a_provider_is_made_once_and_shared(pool: Pool) -> None:
    config = pool.config(a={"env_key": "KEY"})
    async with pool.borrow(config) as one, pool.borrow(config) as other:
        assert one is other
        assert one.model.api_key.reveal() == "sk-1"
    async with pool.borrow(pool.config(a={"env_key": "KEY"})) as equal:
        assert equal is one
    assert Counted.open == [one]


async def test_tasks_of_the_old_configuration_and_the_new_don_t_disturb_each_other(pool: Pool) -> None:
    old, new = pool.config(a={"options": {"version": 1}}), pool.config(a={"options": {"version": 2}})
    async with pool.borrow(old) as first:
        pool.pool.forget(new)
        async with pool.borrow(new) as second:
            for _ in range(3):
                async with pool.borrow(old) as again, pool.borrow(new) as newer:
                    assert (again, newer) == (first, second)
        await settled()
        assert versions() == [1, 2]
    await settled()
    assert versions() == [2]
    assert Counted.made == 2


async def test_what_nobody_uses_is_closed_by_the_reload_itself(pool: Pool) -> None:
    old = pool.config(a={"options": {"version": 1}}, b={"options": {"version": 1}}, c={"options": {"version": 1}})
    for name in "abc":
        async with pool.borrow(old, name):
            pass
    pool.pool.forget(pool.config(a={"options": {"version": 1}}, b={"options": {"version": 2}}))
    await settled()
    assert [provider.model.id for provider in Counted.open] == ["a"]


async def test_a_late_task_of_the_old_configuration_leaves_nothing_open(pool: Pool) -> None:
    old, new = pool.config(a={"options": {"version": 1}}), pool.config(b={})
    pool.pool.forget(new)
    async with pool.borrow(old):
        assert versions() == [1]
    await settled()
    assert Counted.open == []


async def test_a_default_that_a_model_takes_over_counts_as_its_own(pool: Pool) -> None:
    old, new = pool.config(a={}, timeout=9), pool.config(a={}, timeout=10)
    async with pool.borrow(old):
        pass
    pool.pool.forget(new)
    async with pool.borrow(new) as provider:
        assert provider.model.timeouts.total == 10
    await settled()
    assert len(Counted.open) == 1


async def test_there_and_back_keeps_the_provider(pool: Pool) -> None:
    one, two = pool.config(a={"options": {"version": 1}}), pool.config(a={"options": {"version": 2}})
    async with pool.borrow(one) as first:
        pool.pool.forget(two)
        pool.pool.forget(one)
    await settled()
    async with pool.borrow(one) as again:
        assert again is first
    assert versions() == [1]


async def test_a_key_that_changed_gets_a_provider_of_its_own_at_the_next_reload(make_plugin: Any, home: Path) -> None:
    Counted.open.clear()
    plugins = Plugins(discover=False, extra=[make_plugin("c", register_providers=lambda: {"counted": Counted})])
    environ = {"KEY": "sk-1", "OTHER": "sk-2"}
    pool = Pool(ModelPool(Home(home), environ), plugins)
    config = pool.config(a={"api_keys": ["${env.KEY}", "${env.OTHER}"]})
    async with pool.borrow(config) as one:
        environ["KEY"] = "sk-3"
        async with pool.borrow(config) as same:
            assert same is one
        pool.pool.forget(config)
        async with pool.borrow(config) as other:
            assert other.model.api_key.reveal() == "sk-3"
        await settled()
        assert len(Counted.open) == 2
    await settled()
    assert Counted.open == [other]
    await pool.pool.aclose()
    assert Counted.open == []


async def test_a_file_that_appears_gets_a_provider_of_its_own(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    config = pool.config(a={"model_path": str(file)})
    async with pool.borrow(config) as without:
        file.write_bytes(b"GGUF")
        async with pool.borrow(config) as having:
            assert having is not without
    await settled()
    assert Counted.open == [having]


async def test_closing_closes_all_once_even_what_is_in_use(pool: Pool) -> None:
    config = pool.config(a={"options": {"version": 1}})
    loan = pool.borrow(config)
    await loan.__aenter__()
    pool.pool.forget(pool.config(b={}))
    await pool.pool.aclose()
    assert Counted.open == []
    await loan.__aexit__(None, None, None)
    await settled()
    with pytest.raises(ProviderUnavailableError, match="the router is closed"):
        async with pool.borrow(config):
            raise AssertionError("it is closed")
    pool.pool.reopen()
    async with pool.borrow(config):
        assert len(Counted.open) == 1


async def test_the_errors_of_a_block_come_out_as_they_are(pool: Pool) -> None:
    config = pool.config(a={})
    for error in (ProviderAuthError("wrong"), KeyError("bug"), asyncio.CancelledError()):
        with pytest.raises(type(error)) as caught:
            async with pool.borrow(config):
                raise error
        assert caught.value is error
    assert len(Counted.open) == 1


async def test_variables_that_are_not_set_are_told_when_the_model_is_used(pool: Pool) -> None:
    config = pool.config(a={"endpoint": "${env.NO_SUCH_HOST}"}, b={})
    with pytest.raises(ProviderUnavailableError, match="the environment variable NO_SUCH_HOST is not set") as caught:
        async with pool.borrow(config):
            raise AssertionError("it can't be used")
    assert caught.value.hint
    assert (caught.value.provider, caught.value.model) == ("counted", "a")
    async with pool.borrow(config, "b"):
        pass


async def test_where_a_model_ran_is_forgotten_with_its_configuration(pool: Pool) -> None:
    old = pool.config(a={"options": {"version": 1}}, b={})
    new = pool.config(a={"options": {"version": 2}}, b={})
    models = configured(old)
    for name in "ab":
        await pool.pool.where(models[name], old.models[name], pool.plugins)
    pool.pool.forget(new)
    assert set(pool.pool.locations) == {"b"}
    assert (await pool.pool.where(models["a"], old.models["a"], pool.plugins)).host == "1"
    assert set(pool.pool.locations) == {"b"}, "what a late task finds out says nothing about the model as it is now"
    await pool.pool.where(configured(new)["a"], new.models["a"], pool.plugins)
    assert pool.pool.locations["a"].host == "2"


async def test_after_any_reloads_and_tasks_only_what_is_in_force_stays_open(pool: Pool) -> None:
    chance = random.Random(4)
    entries: list[dict[str, Any]] = [
        {name: {"options": {"version": chance.randrange(3)}} for name in chance.sample("abcd", 3)} for _ in range(6)
    ]
    configs = [pool.config(**models) for models in entries]
    current = configs[0]
    gates: list[asyncio.Event] = []

    async def task(config: Config, gate: asyncio.Event) -> None:
        for _ in range(3):
            name = chance.choice(list(config.models))
            async with pool.borrow(config, name) as provider:
                assert provider in Counted.open
                assert provider.model.options == config.models[name].options
                provider.users += 1
                try:
                    await gate.wait()
                finally:
                    provider.users -= 1
            await asyncio.sleep(0)

    tasks: list[asyncio.Task[None]] = []
    for _ in range(300):
        step = chance.random()
        if step < 0.2:
            current = chance.choice(configs)
            pool.pool.forget(current)
        elif step < 0.6:
            gates.append(asyncio.Event())
            tasks.append(asyncio.create_task(task(current, gates[-1])))
        elif step < 0.9 and gates:
            chance.choice(gates).set()
        elif tasks:
            chance.choice(tasks).cancel()
        await asyncio.sleep(0)
    for gate in gates:
        gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), asyncio.CancelledError}
    await settled()
    left = {provider.model.id: provider.model.options for provider in Counted.open}
    assert len(left) == len(Counted.open)
    assert left == {name: current.models[name].options for name in left}
    assert Counted.made > 20


async def test_a_provider_that_never_closes_keeps_nobody(
    make_plugin: Any, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(Provider):
        async def aclose(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(loans, "CLOSING", 0.05)
    plugins = Plugins(discover=False, extra=[make_plugin("c", register_providers=lambda: {"counted": Stuck})])
    pool = Pool(ModelPool(Home(home)), plugins)
    async with pool.borrow(pool.config(a={})):
        pass
    async with asyncio.timeout(5):
        await pool.pool.aclose()
    assert "<Stuck 'a'> did not close cleanly: TimeoutError" in caplog.text
