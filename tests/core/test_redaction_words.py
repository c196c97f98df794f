"""A backend's words about values that a rule redacts for others are repeated to nobody else."""

from collections.abc import Callable

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
