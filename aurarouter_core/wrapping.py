"""Middleware around a function: the first layer outermost, all of it closed when we are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from functools import partial

from aurarouter_hooks import Call, Event, Middleware, Proceed


def wrapped(layers: Sequence[Middleware], innermost: Proceed) -> Proceed:
    """Put middleware around a function, the first layer outermost."""
    proceed = innermost
    for layer in reversed(layers):
        proceed = partial(_around, layer, proceed)
    return proceed


async def _around(layer: Middleware, proceed: Proceed, call: Call) -> AsyncGenerator[Event]:
    """A middleware's events. When we are closed, so is it, and so is all that it had opened inside."""
    opened: list[AsyncGenerator[Event]] = []

    def remembered(inner: Call) -> AsyncGenerator[Event]:
        opened.append(proceed(inner))
        return opened[-1]

    events = layer(call, remembered)
    try:
        async for event in events:
            yield event
    finally:
        try:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()
        finally:
            for inside in reversed(opened):
                await inside.aclose()
