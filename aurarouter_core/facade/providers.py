"""A provider by its name, for a quick try from plain code: `get_provider("echo", {}).generate("test")`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aurarouter_core.config import Config
from aurarouter_core.configured import configured
from aurarouter_core.home import Home
from aurarouter_core.layers import Layers
from aurarouter_core.models import ModelPool
from aurarouter_core.plugins import Plugins
from aurarouter_core.prompts import prompt_for
from aurarouter_core.structure import build
from aurarouter_hooks import PluginMissingError, Task


class PlainProvider:
    """One model of one provider, called without asyncio."""

    def __init__(self, config: Config, plugins: Plugins) -> None:
        self._config = config
        self._plugins = plugins

    def generate(self, text: str) -> str:
        """Answer one prompt: connect, ask, close.

        Raises:
            ProviderError: The backend failed.
        """

        async def once() -> str:
            pool = ModelPool(Home.of())
            (model,) = configured(self._config).values()
            entry = self._config.models[model.id]
            try:
                await pool.fetch_missing(model, entry, self._plugins, lambda *_: None)
                async with pool.borrow(model, entry, self._plugins) as provider:
                    reply = await provider.generate(prompt_for(Task(text), model))
            finally:
                await pool.aclose()
            return reply.text

        return asyncio.run(once())


def get_provider(name: str, settings: Mapping[str, Any] | None = None) -> PlainProvider:
    """The provider of this name with a model's settings, as they would stand in the configuration.

    Raises:
        PluginMissingError: No installed plugin brings it.
        ConfigError: The settings can't be used.
    """
    from aurarouter_core import install
    from aurarouter_core.provider_class import missing_provider

    plugins = Plugins()
    if name not in plugins.providers:
        raise PluginMissingError(missing_provider(name, plugins), plugin=name, hint=install.install_hint(name))
    entry = {"provider": name, **dict(settings or {})}
    return PlainProvider(build(Layers.of({"models": {name: entry}}, plugins.sections)), plugins)
