"""Small plugins and configurations for the kernel's tests."""

from collections.abc import AsyncIterator, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from aurarouter_core import Config, Plugins
from aurarouter_core.layers import Layers
from aurarouter_core.structure import build
from aurarouter_hooks import Chunk, Location, Prompt, Provider, Reply, Usage, hookimpl


class Remote(Provider):
    """Answers, and says that it runs elsewhere. What it was sent is kept on the class's list."""

    async def generate(self, prompt: Prompt) -> Reply:
        self.model.options["seen"].append(prompt)
        return Reply(text=f"{self.model.id} says hello")

    async def where(self) -> Location:
        return Location(kind="remote", host="api.example.com")


class Here(Remote):
    """The same, inside this process."""

    async def where(self) -> Location:
        return Location(kind="process")


class Scripted(Provider):
    """Does what `options: {script: …}` says: each item is text to send or an exception to raise."""

    async def generate(self, prompt: Prompt) -> Reply:
        raise AssertionError("the kernel streams")

    async def stream(self, prompt: Prompt) -> AsyncIterator[Chunk]:
        for item in self.model.options["script"]:
            if isinstance(item, BaseException):
                raise item
            if callable(item):
                await item()
            elif item is None or isinstance(item, Usage):
                yield Chunk(finish="stop", usage=item)
            else:
                yield Chunk(text=item)


def plugin(name: str, **functions: Callable[..., Any]) -> object:
    """A plugin made of functions."""
    made = SimpleNamespace(__name__=name)
    for hook, function in functions.items():
        setattr(made, hook, hookimpl(function))
    return made


@pytest.fixture
def make_plugin() -> Callable[..., object]:
    """Makes plugins of functions."""
    return plugin


@pytest.fixture
def providers() -> object:
    """A plugin with the three providers above."""
    return plugin("testing", register_providers=lambda: {"remote": Remote, "here": Here, "scripted": Scripted})


@pytest.fixture
def plugins(providers: object) -> Plugins:
    """Just those three."""
    return Plugins(discover=False, extra=[providers])


@pytest.fixture
def configure(plugins: Plugins) -> Callable[..., Config]:
    """Makes a configuration: models by keyword, in one chain `coding` in that order; each is asked once."""

    def make(
        roles: Mapping[str, Any] | None = None,
        system: Mapping[str, Any] | None = None,
        privacy: Mapping[str, Any] | None = None,
        budget: Mapping[str, Any] | None = None,
        **models: Any,
    ) -> Config:
        settings = {
            "models": models,
            "roles": roles or {"coding": list(models)},
            "system": {"retries": 0, **(system or {})},
            "privacy": privacy or {},
            "budget": budget or {},
        }
        return build(Layers.of(settings, plugins.sections))

    return make
