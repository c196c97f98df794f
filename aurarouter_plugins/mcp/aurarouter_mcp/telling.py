"""What a client is told while its call runs: progress, and log messages from the level on that it asked for."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, get_args

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPDeprecationWarning

from aurarouter_hooks import AttemptFailed, AttemptStarted, Event, NodeStarted, Progress, TraceContext
from aurarouter_mcp.tool import Calling

Context = ServerRequestContext[Any, Any]
LEVELS: tuple[types.LoggingLevel, ...] = get_args(types.LoggingLevel)
"""From the least to the most important."""
USUAL = "info"
MOST_CLIENTS = 10_000
"""Sessions whose level is kept; the oldest is forgotten first."""


class Told:
    """Tells clients how far their calls have come. Over a network, each session has a level of its own."""

    def __init__(self) -> None:
        self._levels: dict[str, int] = {}

    async def set_level(self, context: Context, params: types.SetLevelRequestParams) -> types.EmptyResult:
        """Tell this client nothing below that level."""
        self._levels[_session(context)] = LEVELS.index(params.level)
        if len(self._levels) > MOST_CLIENTS:
            del self._levels[next(iter(self._levels))]
        return types.EmptyResult()

    def calling(self, context: Context, meta: Mapping[str, Any]) -> Calling:
        """What a tool knows of a call, whose metadata may hold a W3C trace context."""
        steps = 0

        async def tell(what: str) -> None:
            nonlocal steps
            steps += 1
            await context.session.report_progress(steps, message=what)

        async def hear(event: Event) -> None:
            match event:
                case NodeStarted():
                    await tell(f"{event.node.kind} begins")
                case AttemptStarted():
                    await tell(f"asking {event.model}")
                case Progress():
                    await tell(event.what)
                case AttemptFailed(attempt=attempt) if attempt.error is not None:
                    said = f"{attempt.model} failed: {attempt.error.message}"
                    await self._log(context, "warning", said)

        return Calling(app=app_of(context), trace_context=_trace(meta), tell=tell, hear=hear)

    async def _log(self, context: Context, level: types.LoggingLevel, words: str) -> None:
        if LEVELS.index(level) < self._levels.get(_session(context), LEVELS.index(USUAL)):
            return
        with warnings.catch_warnings():  # clients of the older protocol, which are most, still show these
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            sending = context.session.send_log_message(level, words, "aurarouter", context.request_id)
        await sending


def _session(context: Context) -> str:
    return str(context.request.headers.get("mcp-session-id", "")) if context.request is not None else ""


def _trace(meta: Mapping[str, Any]) -> TraceContext | None:
    parent, state = meta.get("traceparent"), meta.get("tracestate")
    return TraceContext.parse(parent, state if isinstance(state, str) else "") if isinstance(parent, str) else None


def app_of(context: Context) -> str:
    """Whose client key a request carries; empty where none is needed."""
    return str(context.request.scope["state"]["app"]) if context.request is not None else ""
