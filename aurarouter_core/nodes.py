"""The parts of one task as nodes of its graph: each decided for itself, within all limits that held before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

from attrs import Factory, define, evolve

from aurarouter_core.chain import node_events
from aurarouter_core.fitness import wanted
from aurarouter_core.located import located
from aurarouter_core.plain import error_info
from aurarouter_core.running import Run
from aurarouter_hooks import (
    AuraRouterError,
    Call,
    Constraint,
    Decision,
    Delta,
    Done,
    ErrorInfo,
    Event,
    Message,
    Node,
    NodeFinished,
    NodeStarted,
    PluginMissingError,
    ProviderError,
    Reply,
    RoutingError,
    Task,
    Text,
)
from aurarouter_hooks.values import NodeKind

FAILURES = (RoutingError, PluginMissingError, ProviderError)
"""What keeps a node from answering. Anything else is a fault of the program and ends the task."""
ANSWERING: Sequence[NodeKind] = ("plan", "step", "answer")
"""Nodes that work on the answer, in roles that whoever asks may use; with the others the router asks for itself."""
PRIVATE_BY_NOW = Constraint(private=True, reasons=("an earlier part of the task was private",))
"""Also where only what middleware added to a prompt was: what a model made of it may be asked about next."""
CONTEXT = 4096
"""Tokens that a prompt is cut to for a model of which nobody says how many it holds."""
ROOM = 32_000
"""Characters of earlier answers in one prompt, however much the model holds."""


@define(eq=False, kw_only=True)
class Work:
    """A node at work. Read `reply` and `error` once its events are over, then tell its end with `finish`.

    Attributes:
        run, call: The node's own: they hold its task, its decision and its limits.
        node: As it begins; as it ended, afterwards.
        shown: Its text is part of the answer; else nothing of it is told.
        reply: What the model said; empty when none answered.
        failure: Why none did.
        error: The same, or why the reply stops short; None when all is well.
    """

    run: Run
    call: Call
    node: Node
    shown: bool
    reply: Reply = Factory(Reply)
    failure: AuraRouterError | None = None
    error: ErrorInfo | None = None

    async def events(self) -> AsyncGenerator[Event]:
        """What the node tells, from its start to right before its end."""
        if self.failure is not None:
            yield self._stillborn()
            return
        begun = False
        try:
            async with aclosing(node_events(self.run, self.call, self.node)) as events:
                async for event in events:
                    begun = True
                    if isinstance(event, Done):
                        self.reply, self.error = event.reply, event.trace.error
                    elif isinstance(event, NodeFinished):
                        self.node = event.node
                    elif self.shown or not isinstance(event, Delta):
                        yield event
        except FAILURES as failure:
            self.failure, self.error = failure, error_info(failure)
            if not begun:
                yield self._stillborn()

    def _stillborn(self) -> NodeStarted:
        """The start of a node that has nobody to ask."""
        started, self.node = self.node, evolve(self.node, outcome="failed")
        return NodeStarted(node=started)

    def finish(self, **changes: Any) -> NodeFinished:
        """The node's end, with what else is to be said about it."""
        return NodeFinished(node=evolve(self.node, **changes))


class Nodes:
    """Makes the nodes of one task.

    Attributes:
        run, call: The task's own.
        task: What is to be done, as middleware left it.
        limits: What holds for each further node. What was private once stays so.
    """

    def __init__(self, run: Run, call: Call) -> None:
        self.run, self.call, self.task = run, call, call.task
        self.limits = run.decision.constraint | call.constraint
        if call.task is not run.task:
            self.limits |= wanted(call.task)

    def node(self, name: str, kind: NodeKind, *parents: str, label: str = "") -> Node:
        """A node that begins now."""
        return Node(id=name, kind=kind, parents=parents, label=label, started=self.run.recorder.elapsed)

    async def begin(
        self, node: Node, about: Task, sent: Callable[[Decision], Task], *, text: str = "", shown: bool = False
    ) -> Work:
        """A node that is decided now. Nothing is raised: what is in the way stands in its `failure`.

        Args:
            node: As `node` makes it.
            about: What it is decided by; it holds all that may be sent.
            sent: Makes the task that the models are sent, once it is known who they are.
            text: What the trace says of it where content may be kept.
            shown: As on `Work`.
        """
        if self.run.recorder.private and not self.limits.private:
            self.limits |= PRIVATE_BY_NOW
        limits = self.limits if node.kind in ANSWERING else evolve(self.limits, roles=None)
        try:
            async with self.run.in_time():
                await asyncio.sleep(0)  # a deadline that has passed acts here, however fast models and plugins are
                decision = await located(about, self.run.snapshot, self.run.pool, limits, cut=True)
        except FAILURES as error:
            return Work(run=self.run, call=self.call, node=node, shown=shown, failure=error, error=error_info(error))
        if decision.constraint.private:
            self.run.recorder.private = True  # also when nobody is cleared, and so nobody is asked
            self.limits |= Constraint(private=True, reasons=decision.constraint.reasons)
        return self.work(evolve(node, label=self.told(text) or node.label), decision, sent(decision), shown=shown)

    def work(self, node: Node, decision: Decision, task: Task, *, shown: bool = False) -> Work:
        """A node that sends this task along the decision's chain."""
        decision = evolve(decision, constraint=self.limits | decision.constraint)
        run = evolve(self.run, task=task, decision=decision)
        call = evolve(self.call, task=task, decision=decision, constraint=decision.constraint)
        return Work(run=run, call=call, node=evolve(node, role=decision.role), shown=shown)

    def asking(self, text: str, **changes: Any) -> Task:
        """The task's own history and material with another question; its wishes for the answer are left out."""
        plain: dict[str, Any] = {"parameters": {}, "extra": {}, "response_schema": None, "tools": ()}
        return evolve(self.task, text=text, messages=self.history, mode="direct", intent=None, **{**plain, **changes})

    @property
    def history(self) -> tuple[Message, ...]:
        """What was said before the question, and what came with it beside text."""
        messages = self.task.messages
        if self.task.text:
            return messages
        last = max((at for at, message in enumerate(messages) if message.role == "user"), default=len(messages))
        beside = [part for message in messages[last : last + 1] for part in message.parts if not isinstance(part, Text)]
        return (*messages[:last], *([Message("user", beside)] if beside else []))

    def room(self, decision: Decision) -> int:
        """Characters of earlier answers that are sent beside the task: so many fit into the context of each model."""
        lengths = [length or CONTEXT for length in self._context_lengths(decision)]
        return min(ROOM, self._beside_the_task(min(lengths, default=CONTEXT)))

    def limit(self, decision: Decision) -> int | None:
        """Characters of an answer that fit for certain into the context of each model; None when nobody says."""
        lengths = [length for length in self._context_lengths(decision) if length is not None]
        return self._beside_the_task(min(lengths)) if lengths else None

    def _context_lengths(self, decision: Decision) -> list[int | None]:
        return [self.run.snapshot.models[name].capabilities.context_length for name in decision.chain]

    def _beside_the_task(self, tokens: int) -> int:
        return max(0, tokens * 3 // 2 - len(self.task.question) - len(self.task.context))

    def told(self, text: str) -> str | None:
        """A text for the trace, where content may be kept."""
        return text if self.run.recorder.keeps_content and not self.limits.private else None
