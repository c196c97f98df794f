"""The one executor: a task's events, however it is answered. Every surface only renders them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aurarouter_core import made
from aurarouter_core.chain import node_events
from aurarouter_core.classify import Classifying, asks
from aurarouter_core.plans import plan_events
from aurarouter_core.review import reviewed_events
from aurarouter_core.running import Run
from aurarouter_hooks import Call, Event


def execute(run: Run, call: Call) -> AsyncGenerator[Event]:
    """The events of a task. Where the analyser isn't sure what kind it is, a model is asked first."""
    return _classified(run, call) if asks(run) else _answered(run, call)


async def noted(run: Run, call: Call) -> AsyncGenerator[Event]:
    """The same, noted before a middleware can keep them to itself."""
    async with aclosing(execute(run, call)) as events:
        async for event in events:
            run.recorder.works(event)
            yield event


async def _classified(run: Run, call: Call) -> AsyncGenerator[Event]:
    asking = Classifying(run, call)
    async with aclosing(asking.events()) as events:
        async for event in events:
            yield event
    async with aclosing(_answered(asking.run, asking.call)) as events:
        async for event in events:
            yield event


def _answered(run: Run, call: Call) -> AsyncGenerator[Event]:
    """The events of a plan, or of one node that answers the task, checked by somebody where the task says so."""
    if run.decision.mode == "plan":
        return plan_events(run, call)
    role, now = run.decision.role, run.recorder.elapsed
    node = made.node(id="answer", kind="answer", parents=("analyse",), role=role, started=now)
    return reviewed_events(run, call, node) if run.task.review and not run.embeds else node_events(run, call, node)
