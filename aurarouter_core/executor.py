"""The one executor: a task's events, however it is answered. Every surface only renders them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from aurarouter_core.attempt import Run
from aurarouter_core.chain import node_events
from aurarouter_hooks import Call, Event, Node


def execute(run: Run, call: Call) -> AsyncGenerator[Event]:
    """The events of a task: one node that answers it."""
    role, now = run.decision.role, run.recorder.elapsed
    return node_events(run, call, Node(id="answer", kind="answer", parents=("analyse",), role=role, started=now))
