"""The one place where the server gets its kernel, and what the tools ask of one that is near or far."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from aurarouter_core import Attached, Router, UnifiedRouterService, attach

Engine = Attached | Router
WATCH = 2.0
"""Seconds between two looks at the configuration's files, in a process without a shared engine."""


def open_engine(path: str | None) -> AbstractAsyncContextManager[Engine]:
    """The shared engine for a configuration file, or for the usual places; a router where none is shared."""
    return attach(path, surface="mcp", watch=WATCH)


async def write_code(engine: Engine, **inputs: Any) -> Mapping[str, Any]:
    """What `UnifiedRouterService.intelligent_code_gen` answers, wherever that runs."""
    if isinstance(engine, Attached):
        return await engine.intelligent_code_gen(**inputs)
    return await UnifiedRouterService(engine).intelligent_code_gen(**inputs)
