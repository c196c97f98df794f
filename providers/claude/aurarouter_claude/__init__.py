"""Reaches Claude, and every server that speaks Anthropic's Messages API. Its SDK is imported on first use."""

from collections.abc import Mapping

from aurarouter_hooks import Provider, hookimpl


@hookimpl
def register_providers() -> Mapping[str, type[Provider]]:
    """The name that stands behind `provider:` in the configuration."""
    from aurarouter_claude.provider import ClaudeProvider

    return {"claude": ClaudeProvider}
