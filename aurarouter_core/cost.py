"""What tokens cost: exactly, once they are counted, and at most, before they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aurarouter_core.length import ANSWER, AROUND, in_files, pieces, tokens
from aurarouter_core.prices import FREE
from aurarouter_hooks import Location, Model, Price, Prompt, Usage

MILLION = 1e6
COUNTABLE = 10**12
"""Tokens that no attempt takes."""


def price_of(model: Model, location: Location | None) -> Price | None:
    """What a model costs; None when that is unknown. One that provably runs on this machine costs nothing."""
    if model.price is None and location is not None and location.here:
        return FREE
    return model.price


def is_free(price: Price) -> bool:
    """Nothing of it costs anything."""
    return not any((price.input, price.output, price.cached_input, price.cached_write))


def believable(usage: Usage) -> bool:
    """A backend can have counted that. Else it would give money back, or spoil a sum."""
    counts = (
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )
    return all(isinstance(count, int | float) and 0 <= count < COUNTABLE for count in counts)


def cost(usage: Usage, price: Price) -> float:
    """US dollars for tokens that were counted. What was read from or written to a cache has its own price, if any."""
    cached = usage.cached_input_tokens if price.cached_input is not None else 0
    written = usage.cache_write_tokens if price.cached_write is not None else 0
    dollars = (
        max(0, usage.input_tokens - cached - written) * price.input
        + usage.output_tokens * price.output
        + cached * (price.cached_input or 0.0)
        + written * (price.cached_write or 0.0)
    )
    return dollars / MILLION


def summed(costs: Iterable[float | None]) -> float | None:
    """All of them together; None where one is unknown, or where there are none."""
    total: float | None = None
    for one in costs:
        if one is None:
            return None
        total = one + (total or 0.0)
    return total


def limited(parameters: Mapping[str, Any], most: int) -> Mapping[str, Any]:
    """The same parameters with a longest answer: their own, or `most` tokens where they name none."""
    return parameters if _answer(parameters) else {**parameters, "max_tokens": most}


def at_most(prompt: Prompt, price: Price, most: int) -> float:
    """US dollars that an attempt can cost: the prompt as the worst tokenizer reads it, and the longest answer.

    Args:
        prompt: What is sent.
        price: The model's.
        most: Tokens of the longest answer where the prompt's parameters name none.
    """
    sent = (prompt.messages, prompt.tools, prompt.response_schema, prompt.extra)
    read = sum(tokens(text) for text in pieces(sent))
    read += AROUND * (2 + len(prompt.messages)) + in_files(prompt.messages)
    answers = prompt.parameters.get("n", prompt.extra.get("n"))
    written = (_answer(prompt.parameters) or most) * (answers if type(answers) is int and answers > 0 else 1)
    dearest = max(price.input, price.cached_input or 0.0, price.cached_write or 0.0)
    return (read * dearest + written * price.output) / MILLION


def _answer(parameters: Mapping[str, Any]) -> int:
    return max((value for name in ANSWER if type(value := parameters.get(name)) is int and value > 0), default=0)
