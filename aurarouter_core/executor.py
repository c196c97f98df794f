"""The one executor: a task's events, however it is answered. Every surface only renders them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from aurarouter_core.attempt import Run
from aurarouter_core.chain import node_events
from aurarouter_core.plans import plan_events
from aurarouter_core.review import reviewed_events
from aurarouter_hooks import Call, Event, Node


def execute(run: Run, call: Call) -> AsyncGenerator[Event]:
    """The events of a task: of a plan, or of one node that answers it, checked by somebody where the task says so."""
    if run.decision.mode == "plan":
        return plan_events(run, call)
    role, now = run.decision.role, run.recorder.elapsed
    node = Node(id="answer", kind="answer", parents=("analyse",), role=role, started=now)
    return reviewed_events(run, call, node) if run.task.review else node_events(run, call, node)
