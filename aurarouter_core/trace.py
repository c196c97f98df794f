"""Writes down what a task does while it does it."""

from __future__ import annotations

import os
import time
from typing import Any

from attrs import evolve

from aurarouter_hooks import (
    Attempt,
    AttemptDone,
    AttemptFailed,
    Decision,
    ErrorInfo,
    Event,
    Node,
    NodeFinished,
    NodeStarted,
    Noted,
    Task,
    Trace,
    Usage,
)


class Recorder:
    """The trace of one task in the making."""

    def __init__(self, task: Task, *, surface: str = "", keep_content: bool = False) -> None:
        self._clock = time.perf_counter()
        self._nodes: dict[str, Node] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._notes: dict[str, Any] = {}
        self._current = ""
        self._trace = Trace(
            id=task.trace_context.trace_id if task.trace_context else os.urandom(16).hex(),
            task_id=task.id,
            started_at=time.time(),
            surface=surface,
            app=task.app,
            conversation=task.conversation,
            private=task.private,
            prompt=task.question if keep_content else None,
        )

    @property
    def elapsed(self) -> float:
        """Seconds since the task began."""
        return time.perf_counter() - self._clock

    def decided(self, decision: Decision, began: float) -> None:
        """The task was decided, starting `began` seconds after it was accepted."""
        self._trace = evolve(self._trace, decision=decision, private=self._trace.private or decision.constraint.private)
        self._nodes["analyse"] = Node(
            id="analyse",
            kind="analyse",
            label=f"{decision.intent}, complexity {decision.analysis.level}",
            role=decision.role,
            started=began,
            seconds=self.elapsed - began,
            outcome="ok",
        )

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, NodeStarted):
            self._nodes[event.node.id] = event.node
            self._current = event.node.id
        elif isinstance(event, NodeFinished):
            self._nodes[event.node.id] = event.node
            self._attempts.pop(event.node.id, None)
        elif isinstance(event, AttemptDone | AttemptFailed):
            self._attempts.setdefault(self._current, []).append(event.attempt)
        elif isinstance(event, Noted):
            self._notes[event.name] = event.value

    def trace(self, error: ErrorInfo | None = None, *, complete: bool = True) -> Trace:
        """The trace as it stands."""
        nodes = []
        for node in self._nodes.values():
            loose = self._attempts.get(node.id)
            nodes.append(evolve(node, attempts=tuple(loose), outcome=node.outcome or "failed") if loose else node)
        trace = evolve(
            self._trace,
            seconds=self.elapsed,
            nodes=tuple(nodes),
            notes=dict(self._notes),
            complete=complete and error is None,
            error=error,
        )
        attempts = trace.attempts
        usage = Usage()
        for attempt in attempts:
            if attempt.usage is not None:
                usage += attempt.usage
        costs = [attempt.cost for attempt in attempts if attempt.cost is not None]
        return evolve(trace, usage=usage, cost=sum(costs) if costs else None)
