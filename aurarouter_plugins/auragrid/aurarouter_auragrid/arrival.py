"""How a task came to this node, and why private content goes no further on a node that is not cleared."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextvars import ContextVar
from typing import Literal

from attrs import frozen

from aurarouter_hooks import Call, Event, Middleware, PrivacyError, Proceed, hookimpl


@frozen(kw_only=True)
class Arrival:
    """A task that came from the cell.

    Attributes:
        way: "call" over gRPC, "event" over a topic that every node can read, "sealed" as an event that cleared nodes
            alone can open, "node" from another node's router.
        app: Who asks.
        hops: Nodes that have passed it on.
    """

    way: Literal["call", "event", "sealed", "node"]
    app: str = ""
    hops: int = 0


arrival: ContextVar[Arrival | None] = ContextVar("arrival", default=None)
"""Set around each task that the cell brought; None for the node's own."""


class Clearance(Middleware):
    """Looks at every attempt at a model for a task of the cell.

    Args:
        cleared: Whether the cell's configuration lists this node now.
    """

    scope = "attempt"
    order = -1000

    def __init__(self, cleared: Callable[[], bool]) -> None:
        self._cleared = cleared

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """Pass the attempt on.

        Raises:
            PrivacyError: It is private, and this node or this way is not for private content.
        """
        came = arrival.get()
        if came is not None and call.constraint.private:
            if came.way == "event":
                raise PrivacyError(
                    "the content is private, and events can be read on every node",
                    hint="Seal the request (encrypt=True), or call the service of a cleared node.",
                )
            if not self._cleared():
                raise PrivacyError(
                    "the content is private, and the cell's configuration does not clear this node for it",
                    hint="List it: aurarouter grid clearance grant NODE.",
                )
        return proceed(call)


class Guard:
    """Brings the look at clearance into a node's own kernel."""

    def __init__(self, cleared: Callable[[], bool]) -> None:
        self._cleared = cleared

    @hookimpl
    def register_middleware(self) -> Sequence[Middleware]:
        """One layer around every attempt."""
        return [Clearance(self._cleared)]
