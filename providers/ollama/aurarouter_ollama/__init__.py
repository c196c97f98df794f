"""Reaches models on Ollama servers through Ollama's own HTTP API."""

from collections.abc import Mapping

from aurarouter_hooks import Provider, hookimpl


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    from aurarouter_ollama.provider import OllamaProvider

    return {"ollama": OllamaProvider}
