"""Private content goes to cleared models only, checked before each attempt, and errors keep none of its words."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_hooks import (
    AllModelsFailedError,
    Location,
    PrivacyError,
    Prompt,
    Provider,
    ProviderUnavailableError,
    Reply,
)


def scripted(*script: object, **more: Any) -> dict[str, Any]:
    return {"provider": "scripted", "options": {"script": list(script)}, **more}


@pytest.mark.promise("file-format.17")
async def test_private_content_goes_to_cleared_models_only(configure: Callable[..., Config], plugins: Plugins) -> None:
    seen: dict[str, list[Prompt]] = {"far": [], "near": []}
    config = configure(
        far={"provider": "remote", "options": {"seen": seen["far"]}},
        near={"provider": "here", "options": {"seen": seen["near"]}},
    )
    async with Router(config, plugins) as router:
        done = await router.run(Task("my secret", private=True))
        assert done.text == "near says hello"
        assert done.trace.private
        with pytest.raises(PrivacyError, match=r"far: .*api\.example\.com"):
            await router.run(Task("my secret", private=True, model="far"))
    assert seen["far"] == []
    (prompt,) = seen["near"]
    assert prompt.private
    assert prompt.location == Location(kind="process")


class Moves(Provider):
    """Runs here when asked the first time, elsewhere ever after."""

    asked = 0

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("private content arrived elsewhere")

    async def where(self) -> Location:
        type(self).asked += 1
        return Location(kind="process") if type(self).asked == 1 else Location(kind="remote", host="moved.example")


async def test_the_place_is_checked_again_right_before_each_attempt(
    configure: Callable[..., Config], make_plugin: Any, providers: object
) -> None:
    plugins = Plugins(discover=False, extra=[providers, make_plugin("m", register_providers=lambda: {"moves": Moves})])
    seen: list[Prompt] = []
    config = configure(a={"provider": "moves"}, near={"provider": "here", "options": {"seen": seen}})
    async with Router(config, plugins) as router:
        done = await router.run(Task("my secret", private=True))
    assert done.text == "near says hello"
    first = done.trace.attempts[0]
    assert first.model == "a"
    assert first.error is not None
    assert first.error.type == "PrivacyError"


async def test_a_place_that_cannot_be_found_out_counts_as_elsewhere(
    configure: Callable[..., Config], make_plugin: Any
) -> None:
    class Lost(Provider):
        async def where(self) -> Location:
            raise OSError("no resolver")

    plugins = Plugins(discover=False, extra=[make_plugin("l", register_providers=lambda: {"lost": Lost})])
    async with Router(configure(a={"provider": "lost"}), plugins) as router:
        with pytest.raises(PrivacyError, match="unknown place"):
            await router.run(Task("my secret", private=True))


async def test_the_words_of_a_plugins_exception_are_not_repeated(
    configure: Callable[..., Config], make_plugin: Any, providers: object, caplog: pytest.LogCaptureFixture
) -> None:
    def boom(task: Task) -> None:
        raise ValueError(f"cannot score {task.text}")

    plugins = Plugins(discover=False, extra=[providers, make_plugin("boom", score_models=lambda task: boom(task))])
    with caplog.at_level("DEBUG"):
        async with Router(configure(a=scripted("yes", None)), plugins) as router:
            await router.run(Task("my password is hunter2"))
            store = router.store
    assert "hunter2" not in caplog.text
    ((_, hook, error, *_),) = store.faults()
    assert hook == "score_models"
    assert error.startswith("ValueError: raised in test_executor_private.py, line ")


async def test_a_private_tasks_errors_are_kept_without_their_words(
    configure: Callable[..., Config], plugins: Plugins
) -> None:
    config = configure(a=scripted(ProviderUnavailableError("can't read 'hunter2'"), tags=["private"]))
    async with Router(config, plugins) as router:
        with pytest.raises(AllModelsFailedError, match="hunter2"):
            await router.run(Task("my password is hunter2", private=True))
        store = router.store
    assert "hunter2" not in str(store.latest(1))
    assert store.latest(1)[0]["error"]["type"] == "AllModelsFailedError"
