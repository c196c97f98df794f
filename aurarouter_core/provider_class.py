"""Which class reaches a model, or why there is none."""

from __future__ import annotations

import difflib

from aurarouter_core.config import ModelEntry
from aurarouter_core.plugins import Plugins
from aurarouter_hooks import Model, Provider, ProviderUnavailableError


def provider_class(model: Model, entry: ModelEntry, plugins: Plugins) -> type[Provider]:
    """The class that reaches a model.

    Raises:
        ProviderUnavailableError: It names variables that are not set, or no plugin brings its provider.
    """
    kind = plugins.providers.get(model.provider)
    if entry.unset:
        raise ProviderUnavailableError(
            "; ".join(entry.unset),
            provider=model.provider,
            model=model.id,
            hint="Set it, or take the model out of its roles.",
        )
    if kind is None:
        words = missing_provider(model.provider, plugins)
        raise ProviderUnavailableError(words, provider=model.provider, model=model.id)
    return kind


def missing_provider(name: str, plugins: Plugins) -> str:
    """Says that no plugin brings a provider, and which ones are there; or that its own is switched off."""
    if name in plugins.found and (switch := plugins.found[name].switch):
        return f"the plugin '{name}' is switched off by {switch}"
    there = ", ".join(sorted(plugins.providers)) or "none"
    close = difflib.get_close_matches(name, plugins.providers, n=1)
    meant = f"; did you mean '{close[0]}'?" if close else ""
    return f"no installed plugin brings the provider '{name}' (installed: {there}{meant})"
