"""Async work around a task or around one attempt, in an explicit order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any, Literal

from aurarouter_hooks.values import Call, Constraint, Event

Proceed = Callable[[Call], AsyncGenerator[Event]]
"""The events of what is inside. The kernel closes it with the middleware, however that ends."""


class Middleware:
    """A wrapper in streaming form, the one shape that all surfaces share.

    `proceed(call)` gives the events of what is inside. A middleware may pass them on, add `Noted` ones, answer by
    itself without proceeding (around a task with `call.answer(reply)`, around an attempt with `Delta`s), or raise an
    error of the tree: around an attempt a `ProviderError` moves the chain on. It can loosen no constraint.

    Attributes:
        scope: "task": once around the whole task; "attempt": around each attempt at a model.
        order: Smaller is further out. Equal orders are settled by the plugin's name.
    """

    scope: Literal["task", "attempt"] = "task"
    order: int = 0

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """Whether it has anything to do under these configuration sections of plugins; where not, it costs nothing."""
        return True

    def limits(self, app: str, settings: Mapping[str, Any]) -> Constraint | None:
        """What this app may use, whatever it asks, on every surface: known before its tasks are decided.

        Sync, no I/O. Raising refuses the app's tasks: it fails closed.
        """
        return None

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """The events of this call; subclasses define it, usually as an async generator."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__()")
