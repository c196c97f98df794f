"""The trace that a tool's caller is in: W3C trace context in the `_meta` of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from aurarouter_hooks import TraceContext

_caller: ContextVar[TraceContext | None] = ContextVar("caller", default=None)


@contextmanager
def called_from(meta: Mapping[str, Any]) -> Iterator[None]:
    """The block belongs to the trace that the call's metadata tells of."""
    parent, state = meta.get("traceparent"), meta.get("tracestate")
    known = TraceContext.parse(parent, state if isinstance(state, str) else "") if isinstance(parent, str) else None
    token = _caller.set(known)
    try:
        yield
    finally:
        _caller.reset(token)


def trace_context() -> TraceContext | None:
    """The caller's trace; None when it told of none."""
    return _caller.get()
