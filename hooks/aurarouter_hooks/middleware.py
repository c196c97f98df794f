"""Async work around a task or around one attempt, in an explicit order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Literal, Protocol, runtime_checkable

from aurarouter_hooks.values import Call, Event

Proceed = Callable[[Call], AsyncGenerator[Event]]
"""The events of what is inside; close it (`contextlib.aclosing`) when you stop early."""


@runtime_checkable
class Middleware(Protocol):
    """A wrapper in streaming form, the one shape that all surfaces share.

    `proceed(call)` gives the events of what is inside. A middleware may pass them on, add `Noted` ones, answer by
    itself without proceeding, or raise an error of the tree: around an attempt a `ProviderError` moves the chain
    on. It must close what it opened when it is closed early, and it can loosen no constraint.

    Attributes:
        scope: "task": once around the whole task; "attempt": around each attempt at a model.
        order: Smaller is further out. Equal orders are settled by the plugin's name.
    """

    scope: Literal["task", "attempt"]
    order: int

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """The events of this call."""
