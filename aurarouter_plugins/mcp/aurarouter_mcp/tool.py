"""What a tool is, and what it knows of the call that it serves."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal

from attrs import frozen
from pydantic import BaseModel

from aurarouter_core import dumps
from aurarouter_hooks import Event, TraceContext
from aurarouter_mcp.engine import Engine

Effect = Literal["reads", "visits", "asks", "adds", "removes"]
"""What a tool does to the world: it only reads; it looks at models' servers; it asks models; it changes something."""
Result = dict[str, Any]


class ToolFailedError(Exception):
    """A service of the kernel said that it did not succeed."""


@frozen
class Calling:
    """One call.

    Attributes:
        app: Whose client key it carries; empty where none is needed.
        trace_context: The trace that its caller is in; None when it told of none.
        tell: Tells the client how far its call has come.
        hear: Takes note of a task's event, and tells what the client should know of it.
    """

    app: str
    trace_context: TraceContext | None
    tell: Callable[[str], Awaitable[None]]
    hear: Callable[[Event], Awaitable[None]]


@frozen
class Tool:
    """One tool.

    Attributes:
        takes: The class of its input.
        gives: Names and JSON types of what it answers.
        description: When a model should use it.
        act: Does it: engine, checked input, and the call.
        effect: What it does to the world.
    """

    takes: type[BaseModel]
    gives: Mapping[str, str | Sequence[str]]
    description: str
    act: Callable[[Engine, Any, Calling], Coroutine[Any, Any, Result]]
    effect: Effect = "reads"

    @property
    def changes(self) -> bool:
        """It changes what the router works with; the others don't."""
        return self.effect in ("adds", "removes")


def plain(value: Any) -> Any:
    """A value as JSON's own kinds, secrets masked."""
    return json.loads(dumps(value))
