"""Who comes as far as a model's door and finds it resting waits like anybody else, and is not sent away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from aurarouter_core import Plugins, Router, Task
from aurarouter_core.failure_state import THRESHOLD
from aurarouter_hooks import Chunk, Health, Prompt, Provider, ProviderUnavailableError

AWAY = ProviderUnavailableError("out of flour", retry_after=0.2)


class Flaky(Provider):
    """Raises the errors of its list first; takes a moment to answer, and is well when asked."""

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        options = self.model.options
        options["asked"].append(prompt.text)
        failing = options["errors"].pop(0) if options["errors"] else None
        await asyncio.sleep(0.05)
        if failing is not None:
            raise failing
        yield Chunk(text="bread", finish="stop")

    async def health(self) -> Health:
        return Health(state=self.model.options.get("health", "unknown"))


@pytest.fixture
def plugins(make_plugin: Callable[..., object]) -> Plugins:
    return Plugins(discover=False, extra=[make_plugin("flaky", register_providers=lambda: {"flaky": Flaky})])


def entry(*errors: ProviderUnavailableError, **more: Any) -> tuple[dict[str, Any], list[str]]:
    asked: list[str] = []
    options = {"errors": list(errors), "asked": asked, "health": more.pop("health", "unknown")}
    return {"provider": "flaky", "options": options, **more}, asked


async def test_who_stands_in_line_when_a_model_fails_waits_for_it(configure: Any, plugins: Plugins) -> None:
    baker, asked = entry(AWAY, max_concurrency=1)
    async with Router(configure(system={"retries": 1}, baker=baker), plugins) as router:
        done = await asyncio.gather(*(router.run(Task(str(number))) for number in range(5)))
    assert [each.text for each in done] == ["bread"] * 5
    assert len(asked) == 6


async def test_a_crowd_that_waits_for_a_broken_model_lets_one_try_and_is_served(
    configure: Any, plugins: Plugins
) -> None:
    baker, asked = entry(health="healthy")
    async with Router(configure(system={"retries": 1}, baker=baker), plugins) as router:
        await router.run(Task("first"))
        state = router.pool.states.state("baker")
        assert state is not None
        for _ in range(THRESHOLD):
            state.until = 0.0
            state.ended(state.begin(), ProviderUnavailableError("out of flour"))
        state.until += 30
        assert state.state == "open"
        done = await asyncio.gather(*(router.run(Task(str(number))) for number in range(20)))
    assert [each.text for each in done] == ["bread"] * 20
    assert len(asked) == 21
