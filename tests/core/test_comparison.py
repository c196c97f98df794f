"""Comparing models: one side for each, its own error, its own numbers; a cancelled comparison ends all of them."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router
from aurarouter_core.comparison import Side, compare
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import (
    Chunk,
    Message,
    Middleware,
    Prompt,
    Provider,
    ProviderAuthError,
    ProviderUnavailableError,
    Task,
    Usage,
)

Configure = Callable[..., Config]


def script(*items: Any, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": list(items)}, **more}


async def sides_of(config: Config, plugins: Plugins, task: Task, *models: str, **how: Any) -> list[Side]:
    async with Router(config, plugins) as router:
        return await compare(router, task, models, **how)


async def test_each_side_has_its_own_outcome_in_the_order_asked(plugins: Plugins, configure: Configure) -> None:
    config = configure(
        good=script("four", None),
        down=script(ProviderUnavailableError("it is down", hint="Wait.")),
        short=script("fo", ProviderUnavailableError("it broke off")),
    )
    sides = await sides_of(config, plugins, Task("2+2?"), "short", "good", "down", "good")
    assert [side.model for side in sides] == ["short", "good", "down"]
    short, good, down = sides
    assert (short.success, short.text, short.error and short.error.message) == (False, "fo", "it broke off")
    assert (good.success, good.text, good.error) == (True, "four", None)
    assert (down.success, down.text) == (False, "")
    assert down.error is not None
    assert (down.error.type, down.error.message, down.error.hint) == (
        "ProviderUnavailableError",
        "it is down",
        "Wait.",
    )
    assert [attempt.outcome for attempt in down.attempts] == ["failed"]
    assert down.seconds is not None
    assert (down.first_token, down.usage, down.cost) == (None, None, 0.0)
    assert good.cost is None
    assert len({side.trace_id for side in sides}) == 3


async def test_tokens_cost_and_time_are_those_of_the_attempts(plugins: Plugins, configure: Configure) -> None:
    config = configure(priced=script("x" * 40, None, price={"input": 3, "output": 5}), free=script("x", None))
    priced, free = await sides_of(config, plugins, Task("y" * 80), "priced", "free")
    assert priced.usage == Usage(input_tokens=20, output_tokens=10, estimated=True)
    assert priced.cost == pytest.approx((20 * 3 + 10 * 5) / 1e6)
    assert free.cost is None
    (attempt,) = priced.attempts
    assert (priced.seconds, priced.first_token) == (attempt.seconds, attempt.first_token)


async def test_two_keys_of_one_model_are_one_side_with_both_times(
    make_plugin: Callable[..., object], configure: Configure, providers: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Picky(Provider):
        async def stream(self, prompt: Prompt) -> Any:
            if self.model.api_key and self.model.api_key.reveal() == "bad":
                raise ProviderAuthError("the key is refused")
            yield Chunk(text="hello", finish="stop", usage=Usage(input_tokens=2, output_tokens=1))

    monkeypatch.setenv("BAD", "bad")
    monkeypatch.setenv("GOOD", "good")
    plugins = Plugins(discover=False, extra=[make_plugin("picky", register_providers=lambda: {"picky": Picky})])
    settings = {"models": {"m": {"provider": "picky", "api_keys": ["${env.BAD}", "${env.GOOD}"]}}, "roles": {}}
    (side,) = await sides_of(build(Layers.of(settings, plugins.sections)), plugins, Task("hi"), "m")
    first, second = side.attempts
    assert (first.outcome, second.outcome, side.success) == ("failed", "ok", True)
    assert side.seconds == first.seconds + second.seconds
    assert side.first_token == first.seconds + (second.first_token or 0)
    assert side.usage == Usage(input_tokens=2, output_tokens=1)


async def test_a_private_task_goes_to_cleared_models_alone(plugins: Plugins, configure: Configure) -> None:
    seen: list[Any] = []
    config = configure(
        far={"provider": "remote", "options": {"seen": seen}},
        near={"provider": "here", "options": {"seen": []}},
    )
    far, near = await sides_of(config, plugins, Task("hi", private=True), "far", "near")
    assert far.error is not None
    assert (far.error.type, far.text, far.attempts) == ("PrivacyError", "", ())
    assert near.success
    assert seen == []


async def test_messages_and_wishes_go_along_but_not_the_role(plugins: Plugins, configure: Configure) -> None:
    config = configure(a={"provider": "remote", "options": {"seen": []}})
    task = Task("and?", messages=[Message("user", "x"), Message("assistant", "y")], role="nobody", model="other")
    (side,) = await sides_of(config, plugins, task, "a")
    assert side.success
    (prompt,) = config.models["a"].options["seen"]
    assert [message.text for message in prompt.messages] == ["x", "y", "and?"]


async def test_nobody_is_no_side(plugins: Plugins, configure: Configure) -> None:
    assert await sides_of(configure(a=script("x")), plugins, Task("hi")) == []


@pytest.mark.parametrize("at_once", [1, 2, 3])
async def test_no_more_than_that_many_at_once(plugins: Plugins, configure: Configure, at_once: int) -> None:
    running, most = 0, 0
    everybody = asyncio.Event()

    async def begin() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == at_once:
            everybody.set()
        await everybody.wait()

    async def end() -> None:
        nonlocal running
        running -= 1

    config = configure(**{f"m{number}": script(begin, end, "x", None) for number in range(3)})
    sides = await sides_of(config, plugins, Task("hi"), "m0", "m1", "m2", at_once=at_once)
    assert all(side.success for side in sides)
    assert most == at_once


async def test_cancelling_ends_all_of_them(plugins: Plugins, configure: Configure) -> None:
    begun, ended = asyncio.Semaphore(0), []

    async def hang() -> None:
        begun.release()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    config = configure(**{f"m{number}": script("x", hang) for number in range(3)})
    async with Router(config, plugins) as router:
        before = asyncio.all_tasks()
        comparing = asyncio.create_task(compare(router, Task("hi"), ["m0", "m1", "m2"], at_once=2))
        await begun.acquire()
        await begun.acquire()
        comparing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await comparing
        assert ended == [True, True]
        assert asyncio.all_tasks() == before


async def test_a_bug_ends_the_comparison_and_is_told(plugins: Plugins, configure: Configure) -> None:
    ended = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    config = configure(slow=script(hang), buggy=script(ZeroDivisionError("a bug")))
    async with Router(config, plugins) as router:
        with pytest.raises(ZeroDivisionError):
            await compare(router, Task("hi"), ["slow", "buggy"])
    assert ended == [True]


async def test_a_middleware_that_ends_a_task_is_that_sides_error(
    providers: object, make_plugin: Callable[..., object], configure: Configure
) -> None:
    class Silence(Middleware):
        scope = "task"

        async def __call__(self, call: Any, proceed: Any) -> Any:
            return
            yield

    plugins = Plugins(
        discover=False, extra=[providers, make_plugin("silence", register_middleware=lambda: [Silence()])]
    )
    (side,) = await sides_of(configure(a=script("x", None)), plugins, Task("hi"), "a")
    assert side.error is not None
    assert side.error.type == "RoutingError"
