"""The one place where the server gets its kernel, and what the tools ask of one that is near or far."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeAlias

from aurarouter_core import Attached, attach
from aurarouter_hooks import Event

if TYPE_CHECKING:
    from aurarouter_core import AssetRegistry, Router

Engine: TypeAlias = "Attached | Router"
WATCH = 2.0
"""Seconds between two looks at the configuration's files, in a process without a shared engine."""


def open_engine(path: str | None) -> AbstractAsyncContextManager[Engine]:
    """The shared engine for a configuration file, or for the usual places; a router where none is shared."""
    return attach(path, surface="mcp", watch=WATCH)


def assets_of(engine: Engine) -> Attached | AssetRegistry:
    """Who registers and lists model files, wherever that is done."""
    if isinstance(engine, Attached):
        return engine
    from aurarouter_core import AssetRegistry

    return AssetRegistry(engine)


def code_of(engine: Engine, inputs: Mapping[str, Any]) -> AsyncGenerator[Event | Mapping[str, Any]]:
    """The events of writing code, and its result at last, wherever that is done."""
    if isinstance(engine, Attached):
        return engine.written(inputs)
    from aurarouter_core import written

    return written(engine, inputs)
