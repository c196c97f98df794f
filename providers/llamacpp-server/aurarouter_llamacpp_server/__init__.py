"""Reaches llama.cpp's own server by its native API, and starts one for a model file where none is configured."""

from collections.abc import Mapping

from aurarouter_hooks import Provider, hookimpl


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    from aurarouter_llamacpp_server.provider import LlamaServerProvider

    return {"llamacpp-server": LlamaServerProvider}
