"""A backend's words about values that a rule redacts for others are repeated to nobody else."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import AllModelsFailedError, Location, Prompt, Provider, ProviderUnavailableError, Reply


class Quotes(Provider):
    """Runs here, so it gets the values themselves, and repeats them in its error."""

    async def generate(self, prompt: Prompt) -> Reply:
        raise ProviderUnavailableError(f"cannot do '{prompt.text}'")

    async def where(self) -> Location:
        return Location(kind="process")


async def test_what_is_redacted_for_others_is_in_no_state(make_plugin: Callable[..., object]) -> None:
    plugins = Plugins(discover=False, extra=[make_plugin("q", register_providers=lambda: {"quotes": Quotes})])
    settings = {
        "models": {"a": {"provider": "quotes"}},
        "roles": {"coding": ["a"]},
        "system": {"retries": 0},
        "privacy": {"rules": {"email": "redact"}},
    }
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        with pytest.raises(AllModelsFailedError):
            await router.run(Task("write to ada@lovelace.org"))
        with pytest.raises(AllModelsFailedError) as others:
            await router.run(Task("hello", deadline=0.01))
        store = router.store
    assert store.states()
    assert "lovelace" not in str(store.states())
    assert "lovelace" not in str(others.value)


@pytest.mark.parametrize("script", ["fails", "answers"])
async def test_the_trace_holds_no_value_that_is_redacted_for_others(
    make_plugin: Callable[..., object], script: str
) -> None:
    class Repeats(Quotes):
        async def generate(self, prompt: Prompt) -> Reply:
            return Reply(text=prompt.text)

    kind = Quotes if script == "fails" else Repeats
    plugins = Plugins(discover=False, extra=[make_plugin("q", register_providers=lambda: {"quotes": kind})])
    settings = {
        "models": {"a": {"provider": "quotes"}},
        "roles": {"coding": ["a"]},
        "system": {"retries": 0, "keep_content": True},
        "privacy": {"rules": {"email": "redact"}},
    }
    async with Router(load_config(plugins, settings=settings), plugins) as router:
        with suppress(AllModelsFailedError):
            done = await router.run(Task("write to ada@lovelace.org"))
            assert "lovelace" in done.text
        if script == "answers":
            await router.run(Task("hello"))
        store = router.store
    kept = b"".join(path.read_bytes() for path in store.path.parent.rglob("*") if path.is_file())
    assert b"lovelace" not in kept
    assert store.latest()[-1]["private"] is False, "models that aren't cleared may have it, without the value"
    assert (b"hello" in kept) is (script == "answers"), "other tasks are kept as configured"
