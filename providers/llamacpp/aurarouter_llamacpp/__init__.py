"""Runs GGUF models inside this process with llama.cpp. What it needs is imported when a model is asked for."""

from collections.abc import Mapping

from aurarouter_hooks import Provider, hookimpl


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    from aurarouter_llamacpp.provider import LlamaCppProvider

    return {"llamacpp": LlamaCppProvider}
