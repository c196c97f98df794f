"""How a task came to this node, and why private content goes no further on a node that is not cleared."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Literal

from attrs import frozen

from aurarouter_core import Router
from aurarouter_hooks import Call, Event, Kernel, Middleware, PrivacyError, Proceed, hookimpl

OUTSIDE, INSIDE = -1000, 1000
"""Around all other layers, since one may answer by itself; and inside them, since one may add to the prompt."""


async def nobody() -> bool:
    """No node is cleared of which nobody says that it is."""
    return False


@frozen(kw_only=True)
class Arrival:
    """A task that came from the cell.

    Attributes:
        way: "call" over gRPC, "event" over a topic that every node can read, "sealed" as an event that cleared nodes
            alone can open, "node" from another node's router.
        app: Who asks.
        hops: Nodes that have passed it on.
        private: Whoever sent it found private content in it, or says that it is.
        cleared: Asks the cell whether it lists this node now; no when it does not answer.
    """

    way: Literal["call", "event", "sealed", "node"]
    app: str = ""
    hops: int = 0
    private: bool = False
    cleared: Callable[[], Awaitable[bool]] = nobody


arrival: ContextVar[Arrival | None] = ContextVar("arrival", default=None)
"""Set around each task that the cell brought; None for the node's own."""


class Clearance(Middleware):
    """Looks at every attempt at a model for a task of the cell.

    Args:
        is_private: Whether an attempt at such a task is.
        order: `OUTSIDE` or `INSIDE`.
    """

    scope = "attempt"

    def __init__(self, is_private: Callable[[Arrival, Call], bool], order: int) -> None:
        self._is_private, self.order = is_private, order

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """Pass the attempt on, once the cell says that it may be where it is private.

        Raises:
            PrivacyError: It is private, and this node or this way is not for private content.
        """
        came = arrival.get()
        if came is None or not self._is_private(came, call):
            return proceed(call)
        return self._allowed(came, call, proceed)

    @staticmethod
    async def _allowed(came: Arrival, call: Call, proceed: Proceed) -> AsyncGenerator[Event]:
        if came.way == "event":
            raise PrivacyError(
                "the content is private, and events can be read on every node",
                hint="Seal the request (encrypt=True), or call the service of a cleared node.",
            )
        if not await came.cleared():
            raise PrivacyError(
                "the content is private, and the cell's configuration does not clear this node for it",
                hint="List it: aurarouter grid clearance grant NODE.",
            )
        async for event in proceed(call):
            yield event


class Guard:
    """Brings the look at clearance into a node's own kernel."""

    def __init__(self) -> None:
        self._router: Router | None = None

    @hookimpl
    def kernel_started(self, kernel: Kernel) -> None:
        """Its rules say what is private."""
        self._router = kernel if isinstance(kernel, Router) else None

    @hookimpl
    def register_middleware(self) -> Sequence[Middleware]:
        """Two layers around every attempt."""
        return [Clearance(self._is_private, order) for order in (OUTSIDE, INSIDE)]

    def _is_private(self, came: Arrival, call: Call) -> bool:
        """Whatever a rule does with what it finds: the kernel's clearance is of a model, and this one of a node."""
        if came.private or call.constraint.private or self._router is None or call.prompt is None:
            return True
        found = self._router.snapshot.inspector.prompt(call.prompt)
        if came.way == "node":  # that node has looked as well, and may send anywhere what is only flagged
            return bool(found.failed) or any(found.actions[rule] != "flag" for rule in found.counts)
        return bool(found.failed or found.counts)
