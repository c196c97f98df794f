"""Memory that models share: who gets it, who has to go, who waits, and what is said when there is none."""

import asyncio
import logging

import pytest

from aurarouter_core.amounts import Amount
from aurarouter_core.config import System
from aurarouter_hooks import ProviderUnavailableError
from tenants import House, settled


async def hold(house: House, name: str, until: asyncio.Event) -> None:
    async with house.using(name):
        await until.wait()


def house_of(allowed: int | str, **sizes: int) -> House:
    house = House(allowed)
    for name, size in sizes.items():
        house.add(name, size)
    return house


async def test_what_fits_is_loaded_beside_what_is_there() -> None:
    house = house_of(100, a=60, b=40)
    async with house.using("a"), house.using("b"):
        assert (house.here, house.memory.reserved) == ("ab", 100)
    assert house.here == "ab"
    assert house.said == []


async def test_idle_models_go_the_least_recently_used_first(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    house = house_of(100, a=40, b=40, c=20, d=30)
    for name in "abca":
        async with house.using(name):
            pass
        await asyncio.sleep(0.001)
    async with house.using("d"):
        assert house.here == "acd"
    assert house.said == ["making room for 'd': unloading 'b'"]
    assert "making room for 'd' (30 B): unloading 'b' (40 B)" in caplog.messages


async def test_a_model_in_use_is_never_unloaded_and_the_other_waits() -> None:
    house, done = house_of(100, a=60, b=60), asyncio.Event()
    working = asyncio.create_task(hold(house, "a", done))
    await settled()
    waiting = asyncio.create_task(hold(house, "b", done))
    await settled()
    assert house.here == "a"
    assert house.said == ["waiting for memory for 'b': 'a' is in use"]
    done.set()
    await asyncio.gather(working, waiting)
    assert house.here == "b"
    assert house.providers["a"].unloads == 1


async def test_whoever_comes_later_waits_behind_also_for_what_is_there() -> None:
    house, done, order = house_of(100, a=60, b=60), asyncio.Event(), []

    async def use(name: str, number: int) -> None:
        async with house.using(name):
            order.append(f"{name}{number}")
            await asyncio.sleep(0)

    working = asyncio.create_task(hold(house, "a", done))
    await settled()
    tasks = [asyncio.create_task(use(name, number)) for number, name in enumerate("babab")]
    await settled()
    assert order == []
    done.set()
    await asyncio.gather(working, *tasks)
    assert order == ["b0", "b2", "b4", "a1", "a3"]  # b is loaded once for all who wait for it
    assert [house.providers[name].loads for name in "ab"] == [2, 1]


async def test_first_loads_at_once_are_reserved_before_they_begin() -> None:
    house, done = house_of(100, a=40, b=40, c=40), asyncio.Event()
    tasks = [asyncio.create_task(hold(house, name, done)) for name in "abc"]
    await settled()
    assert house.here == "ab"
    done.set()
    await asyncio.gather(*tasks)
    assert house.providers["c"].loads == 1


async def test_what_is_larger_than_all_is_refused_at_once_with_both_figures() -> None:
    house = house_of("2 GiB", a=3 * 2**30)
    with pytest.raises(ProviderUnavailableError) as caught:
        async with house.using("a"):
            raise AssertionError("it does not fit")
    assert str(caught.value) == (
        "it needs 3.0 GiB of memory, and system.memory (2 GiB) allows 2.0 GiB for all models together"
    )
    assert "system.memory" in caught.value.hint
    assert (caught.value.model, house.memory.reserved) == ("a", 0)


async def test_who_waits_too_long_is_told_who_holds_it_and_the_next_gets_its_turn() -> None:
    house, done = house_of(100, a=60, b=60, c=30), asyncio.Event()
    working = asyncio.create_task(hold(house, "a", done))
    await settled()
    late = asyncio.create_task(hold(house, "c", done))

    async def in_vain() -> None:
        async with house.using("b", within=0.05):
            raise AssertionError("there is no room")

    first = asyncio.create_task(in_vain())
    behind = asyncio.create_task(hold(house, "c", done))
    with pytest.raises(
        ProviderUnavailableError, match=r"it needs 60 B of 100 B, and others hold it \(.*a 60 B"
    ) as caught:
        await first
    assert caught.value.hint
    await settled()
    assert house.here == "ac"
    done.set()
    await asyncio.gather(working, late, behind)


async def test_a_waiter_that_is_cancelled_leaves_the_way_free() -> None:
    house, done = house_of(100, a=60, b=60, c=30), asyncio.Event()
    working = asyncio.create_task(hold(house, "a", done))
    await settled()
    blocked, behind = (asyncio.create_task(hold(house, name, done)) for name in "bc")
    await settled()
    assert house.here == "a"
    blocked.cancel()
    await settled()
    assert house.here == "ac"
    done.set()
    await asyncio.gather(working, behind)


async def test_one_that_is_being_unloaded_is_waited_for_and_then_loaded_again() -> None:
    house = house_of(100, a=60, b=60)
    async with house.using("a") as provider:
        pass
    provider.gate.clear()
    done = asyncio.Event()
    done.set()
    other = asyncio.create_task(hold(house, "b", done))
    again = asyncio.create_task(hold(house, "a", done))
    await settled()
    assert house.memory.reserved == 60
    provider.gate.set()
    await asyncio.gather(other, again)
    assert (provider.loads, house.here) == (2, "a")


async def test_one_that_can_t_be_unloaded_is_closed_and_counts_until_it_is(caplog: pytest.LogCaptureFixture) -> None:
    house, done = house_of(100, a=60, b=60), asyncio.Event()
    async with house.using("a") as provider:
        provider.failure = OSError("stuck")
    waiting = asyncio.create_task(hold(house, "b", done))
    await settled()
    assert house.discarded == ["a"]
    assert (house.memory.reserved, house.providers["b"].loads) == (60, 0)
    assert "'a' can't be unloaded and is closed" in caplog.messages
    house.memory.gone(house.tenants["a"])
    await settled()
    assert house.providers["b"].loads == 1
    done.set()
    await waiting


async def test_what_did_not_load_or_crashed_holds_nothing() -> None:
    house = house_of(100, a=60, b=60)
    async with house.using("a") as provider:
        provider.here = False  # it crashed
        assert house.memory.reserved == 60
    assert house.memory.reserved == 0
    async with house.using("b"):
        assert house.said == []


async def test_a_closed_model_refuses_those_who_wait_for_it() -> None:
    house, done = house_of(100, a=60, b=60), asyncio.Event()
    working = asyncio.create_task(hold(house, "a", done))
    await settled()
    waiting = asyncio.create_task(hold(house, "b", done))
    await settled()
    house.memory.gone(house.tenants["b"])
    with pytest.raises(ProviderUnavailableError, match="the model was closed while it waited"):
        await waiting
    done.set()
    await working


async def test_models_are_unloaded_when_nobody_used_them_for_long() -> None:
    house = House(100)
    provider = house.add("a", 60, idle_unload=0.05)
    for _ in range(4):
        async with house.using("a"):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)
    assert (provider.loads, provider.here) == (1, True)  # in use again before the time was up
    async with house.using("a"):
        await asyncio.sleep(0.1)
        assert provider.here
    await asyncio.sleep(0.15)
    assert (provider.here, house.memory.reserved) == (False, 0)


async def test_a_share_is_measured_while_no_model_is_loaded() -> None:
    house = house_of("50%", a=500, b=600)
    house.memory._free = lambda: 1000
    async with house.using("a"):
        house.memory._free = lambda: 500  # a is in memory now
        assert house.memory.allowed() == 500
        house.memory.follow(System(memory=Amount("80%")))
        assert house.memory.allowed() == 800


async def test_without_any_limit_everything_is_let_in() -> None:
    house = house_of("50%", a=10**15)
    house.memory._free = lambda: None
    async with house.using("a"):
        assert house.memory.allowed() is None


async def test_more_memory_in_the_configuration_lets_those_in_who_wait() -> None:
    house, done = house_of(100, a=60, b=60), asyncio.Event()
    tasks = [asyncio.create_task(hold(house, name, done)) for name in "ab"]
    await settled()
    assert house.here == "a"
    house.memory.follow(System(memory=Amount("200")))
    await settled()
    assert house.here == "ab"
    done.set()
    await asyncio.gather(*tasks)
