"""Writes down what a task does while it does it."""

from __future__ import annotations

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
from aurarouter_hooks.values import new_id


class Recorder:
    """The trace of one task in the making.

    Attributes:
        private: The task was declared or found private, at whatever point.
    """

    def __init__(self, task: Task, *, surface: str = "", keep_content: bool = False) -> None:
        self._clock = time.perf_counter()
        self._nodes: dict[str, Node] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._notes: dict[str, Any] = {}
        self._current = ""
        self._task = task
        self._id = task.trace_context.trace_id if task.trace_context else new_id()
        self._started_at = time.time()
        self._surface = surface
        self._keep_content = keep_content
        self._prompt = task.question if keep_content else None
        self._decision: Decision | None = None
        self.private = task.private

    @property
    def elapsed(self) -> float:
        """Seconds since the task began."""
        return time.perf_counter() - self._clock

    @property
    def keeps_content(self) -> bool:
        """What was said may stand in the trace."""
        return self._keep_content and not self.private

    def decided(self, decision: Decision, began: float) -> None:
        """The task was decided, starting `began` seconds after it was accepted."""
        self._decision = decision
        self.private = self.private or decision.constraint.private
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
        nodes = tuple(self._with_loose_attempts(node) for node in self._nodes.values())
        usage: Usage | None = None
        cost: float | None = None
        for node in nodes:
            for attempt in node.attempts:
                if attempt.usage is not None:
                    usage = attempt.usage if usage is None else usage + attempt.usage
                if attempt.cost is not None:
                    cost = attempt.cost + (cost or 0.0)
        task, decision = self._task, self._decision
        return Trace(
            id=self._id,
            task_id=task.id,
            started_at=self._started_at,
            seconds=self.elapsed,
            surface=self._surface,
            app=task.app,
            conversation=task.conversation,
            private=self.private,
            decision=decision,
            nodes=nodes,
            usage=usage or Usage(),
            cost=cost,
            complete=complete and error is None,
            error=error,
            notes=dict(self._notes),
            prompt=self._prompt,
        )

    def _with_loose_attempts(self, node: Node) -> Node:
        """A node that was left early never said which attempts it had; we saw them."""
        loose = self._attempts.get(node.id)
        if not loose:
            return node
        seconds = self.elapsed - node.started
        return evolve(node, attempts=tuple(loose), outcome=node.outcome or "failed", seconds=node.seconds or seconds)


def without_words(trace: Trace) -> Trace:
    """The trace without what backends, models and plugins said about it: an error may quote the prompt."""

    def bare(error: ErrorInfo | None) -> ErrorInfo | None:
        return None if error is None else ErrorInfo(type=error.type, message="(left out: the task was private)")

    def quiet(node: Node) -> Node:
        attempts = tuple(evolve(attempt, error=bare(attempt.error)) for attempt in node.attempts)
        return evolve(node, attempts=attempts, raw=None, label="" if node.kind == "step" else node.label)

    nodes = tuple(quiet(node) for node in trace.nodes)
    return evolve(trace, nodes=nodes, error=bare(trace.error))
