"""What a task has begun and not ended, so that its events can be brought to an end when the engine is lost."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import Factory, define, evolve

from aurarouter_core.plain import error_info
from aurarouter_hooks import (
    Attempt,
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Committed,
    Event,
    Node,
    NodeFinished,
    NodeStarted,
)


@define
class OpenWork:
    """Follows a task's events.

    Attributes:
        shown: Something of an answer was shown, so no other answer may take its place.
    """

    shown: bool = False
    _nodes: dict[str, Node] = Factory(dict)
    _attempts: dict[str, AttemptStarted] = Factory(dict)

    def see(self, event: Event) -> None:
        """Take note of the next event."""
        if isinstance(event, Committed):
            self.shown = True
        elif isinstance(event, NodeStarted):
            self._nodes[event.node.id] = event.node
        elif isinstance(event, NodeFinished):
            self._nodes.pop(event.node.id, None)
            self._attempts.pop(event.node.id, None)
        elif isinstance(event, AttemptStarted):
            self._attempts[event.node] = event
        elif isinstance(event, AttemptDone | AttemptFailed):
            self._attempts.clear()

    def closed(self, error: Exception) -> Iterator[Event]:
        """The events that are missing: open attempts and nodes failed with this error."""
        failed: list[Attempt] = []
        for begun in self._attempts.values():
            attempt = Attempt(
                number=begun.number,
                model=begun.model,
                provider=begun.provider,
                started=0.0,
                outcome="failed",
                error=error_info(error),
            )
            failed.append(attempt)
            yield AttemptFailed(attempt=attempt)
        for node in reversed(self._nodes.values()):
            yield NodeFinished(node=evolve(node, outcome="failed", attempts=(*node.attempts, *failed)))
