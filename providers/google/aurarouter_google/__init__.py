"""Reaches Google's Gemini models through the vendor's own SDK, which is imported with the first prompt."""

from collections.abc import Mapping

from aurarouter_hooks import Provider, hookimpl


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    from aurarouter_google.provider import GoogleProvider

    return {"google": GoogleProvider}
