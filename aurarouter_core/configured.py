"""The models of a configuration as values: what providers and plugins see of them."""

from __future__ import annotations

from aurarouter_core import prices
from aurarouter_core.config import Config, ModelEntry
from aurarouter_core.home import expanded
from aurarouter_hooks import Capabilities, Model, Price, Timeouts

CONNECT, BETWEEN_TOKENS = 10.0, 60.0
"""Seconds, for models that say nothing else."""


def configured(config: Config) -> dict[str, Model]:
    """Every model of a configuration as a value; keys are left out until a provider needs one."""
    return {name: configured_model(name, entry, config.system.default_timeout) for name, entry in config.models.items()}


def configured_model(name: str, entry: ModelEntry, default_timeout: float) -> Model:
    """One of them.

    Args:
        name: Its id.
        entry: What the configuration says of it.
        default_timeout: Seconds in all, where it says nothing.
    """
    return Model(
        id=name,
        provider=entry.provider,
        model_name=entry.model_name,
        endpoint=entry.endpoint,
        endpoints=entry.endpoints,
        model_path=expanded(entry.model_path) if entry.model_path else None,
        tags=frozenset(entry.tags),
        parameters=entry.parameters,
        options=entry.options,
        timeouts=Timeouts(
            connect=entry.connect_timeout or CONNECT,
            first_token=entry.first_token_timeout,
            between_tokens=entry.between_tokens_timeout or BETWEEN_TOKENS,
            total=entry.timeout or default_timeout,
        ),
        max_concurrency=entry.max_concurrency,
        capabilities=Capabilities(
            names=None if entry.capabilities is None else frozenset(entry.capabilities),
            context_length=entry.context_length,
        ),
        price=_price(name, entry),
    )


def _price(name: str, entry: ModelEntry) -> Price | None:
    """What the user says that a model costs, or what is known of it; None for unknown, which is not nothing."""
    given = entry.price
    if given is not None:
        return Price(
            input=given.input,
            output=given.output,
            cached_input=given.cached_input,
            cached_write=given.cached_write,
        )
    if (entry.asset or entry.model_path) and not entry.endpoint:
        return prices.FREE
    return prices.listed(entry.model_name or name, entry.endpoint, *entry.endpoints)
