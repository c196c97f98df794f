"""Writes down what a task does while it does it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from attrs import evolve

from aurarouter_core import made
from aurarouter_core.cost import summed
from aurarouter_core.plugin_words import PluginWords
from aurarouter_hooks import (
    Attempt,
    AttemptDone,
    AttemptFailed,
    Committed,
    Decision,
    Delta,
    Done,
    ErrorInfo,
    Event,
    Node,
    NodeFinished,
    NodeStarted,
    Noted,
    Task,
    Trace,
    TraceContext,
    Usage,
)
from aurarouter_hooks.values import new_id, new_span_id

ANALYSE = "analyse"
LEFT_OUT = "(left out: the task was private)"


class Recorder:
    """The trace of one task in the making.

    Attributes:
        private: The task was declared or found private, at whatever point.
        redacts: It holds values that are replaced before a model which is not cleared gets them.
    """

    def __init__(self, task: Task, *, surface: str = "", keep_content: bool = False) -> None:
        self._clock = time.perf_counter_ns()
        self._nodes: dict[str, Node] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._notes: dict[str, Any] = {}
        self._current = ""
        self._times = 0
        self._task = task
        self._id = task.trace_context.trace_id if task.trace_context else new_id()
        self._started_at = time.time()
        self._surface = surface
        self._keep_content = keep_content
        self._speaking = ""
        self._said: dict[str, list[str]] = {}
        self._decision: Decision | None = None
        self.private = task.private
        self.redacts = False

    @property
    def id(self) -> str:
        """The trace's id."""
        return self._id

    @property
    def task(self) -> Task:
        """The whole task, also while a part of its plan runs."""
        return self._task

    @property
    def surface(self) -> str:
        """Who asked the router."""
        return self._surface

    @property
    def elapsed(self) -> float:
        """Seconds since the task began."""
        return (time.perf_counter_ns() - self._clock) / 1e9  # nine decimals: half as long as text, and quicker

    @property
    def keeps_content(self) -> bool:
        """What was said may stand in the trace. Until it is decided, nobody knows what a task holds."""
        return self._keep_content and self._decision is not None and not self.wordless

    @property
    def wordless(self) -> bool:
        """Nothing that anybody but the kernel said may be kept."""
        return self.private or self.redacts

    def span(self) -> TraceContext:
        """A new span in this trace, for an attempt."""
        caller = self._task.trace_context
        return caller.span() if caller else made.span(trace_id=self._id, span_id=new_span_id())

    def decided(self, decision: Decision, began: float) -> None:
        """The task was decided, starting `began` seconds after it was accepted."""
        self._decision = decision
        self.private = self.private or decision.constraint.private
        self._nodes[ANALYSE] = made.node(
            id=ANALYSE,
            kind="analyse",
            label=f"{decision.intent}, complexity {decision.analysis.level}",
            role=decision.role,
            started=began,
            seconds=self.elapsed - began,
            outcome="ok",
        )

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if not self.hears(event):
            self.works(event)

    def hears(self, event: Event) -> bool:
        """Take note of what is said, as the last middleware passes it on; whether the event was of that kind."""
        if isinstance(event, Delta):  # first, since there are most of these
            if self._keep_content:
                self._said.setdefault(self._speaking, []).append(event.chunk.text)
        elif isinstance(event, Noted):
            self._notes[event.name] = event.value
        elif isinstance(event, Committed):
            self._speaking, self._said[event.node] = event.node, []
        else:
            return False
        return True

    def works(self, event: Event) -> None:
        """Take note of what is done, whether or not a middleware passes it on."""
        if isinstance(event, NodeStarted):
            if event.node.id in self._nodes:
                self._set_apart()
            self._nodes[event.node.id] = event.node
            self._current = event.node.id
        elif isinstance(event, NodeFinished):
            self._nodes[event.node.id] = event.node
            self._attempts.pop(event.node.id, None)
        elif isinstance(event, AttemptDone | AttemptFailed):
            self._attempts.setdefault(self._current, []).append(event.attempt)

    def _set_apart(self) -> None:
        """A middleware proceeds once more: what came of it before stays, under names of its own."""
        self._times += 1
        names = {name: f"{name}.{self._times}" for name in self._nodes if name != ANALYSE and "." not in name}
        nodes = {names.get(name, name): node for name, node in self._nodes.items()}
        self._nodes = {
            name: evolve(node, id=name, parents=tuple(names.get(parent, parent) for parent in node.parents))
            for name, node in nodes.items()
        }
        self._attempts = {names.get(name, name): attempts for name, attempts in self._attempts.items()}
        self._said = {names.get(name, name): said for name, said in self._said.items()}

    def whole(self, done: Done) -> Done:
        """The end of a task with the whole trace: the executor's knows nothing of what middleware noted around it."""
        trace = self.trace(done.trace.error, complete=done.complete)
        return made.done(reply=done.reply, trace=trace, complete=done.complete, steps=done.steps)

    def trace(self, error: ErrorInfo | None = None, *, complete: bool = True) -> Trace:
        """The trace as it stands."""
        nodes = tuple(self._as_it_stands(node) for node in self._nodes.values())
        usage: Usage | None = None
        attempts = [attempt for node in nodes for attempt in node.attempts]
        for attempt in attempts:
            if attempt.usage is not None:
                usage = attempt.usage if usage is None else usage + attempt.usage
        task, decision = self._task, self._decision
        return made.trace(
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
            cost=summed(attempt.cost for attempt in attempts),
            complete=complete and error is None,
            error=error,
            notes=dict(self._notes),
            parent_span=task.trace_context.span_id if task.trace_context else "",
            prompt=task.question if self.keeps_content else None,
            sampled=task.trace_context is None or task.trace_context.sampled,
        )

    def _as_it_stands(self, node: Node) -> Node:
        """With what was said only where it is kept: what is found private late is found private as a whole."""
        loose = self._attempts.get(node.id)
        if loose:  # a node that was left early never said which attempts it had; we saw them
            seconds = node.seconds or self.elapsed - node.started
            node = evolve(node, attempts=tuple(loose), outcome=node.outcome or "failed", seconds=seconds)
        if not self._keep_content:
            return node if node.raw is None else evolve(node, raw=None)
        if self.wordless:
            return evolve(node, raw=None, label=_own_label(node))
        said = "".join(self._said.get(node.id, ())).strip()
        return evolve(node, raw=said) if node.raw is None and said else node


def _own_label(node: Node) -> str:
    """A step's label may be a model's words; all others are our own."""
    return "" if node.kind == "step" else node.label


def without_words(trace: Trace) -> Trace:
    """The trace of a private task without all that may quote it: what backends and plugins said, and its own words."""
    decision = trace.decision
    quoted = _quoted(decision) if decision is not None else ()

    def own(text: str) -> str:
        for words in quoted:
            text = text.replace(words, LEFT_OUT)
        return text

    def bare(error: ErrorInfo | None) -> ErrorInfo | None:
        return None if error is None else ErrorInfo(type=error.type, message=LEFT_OUT)

    nodes = tuple(
        evolve(
            node,
            label=own(_own_label(node)),
            raw=None,
            skipped=dict.fromkeys(node.skipped, LEFT_OUT),
            attempts=tuple(evolve(attempt, error=bare(attempt.error)) for attempt in node.attempts),
        )
        for node in trace.nodes
    )
    if decision is not None:
        decision = evolve(
            decision,
            analysis=evolve(decision.analysis, verbs=()),
            intent=own(decision.intent),
            vetoes={model: own(why) for model, why in decision.vetoes.items()},
            constraint=evolve(decision.constraint, reasons=tuple(map(own, decision.constraint.reasons))),
            stages=tuple(evolve(stage, outcome=own(stage.outcome)) for stage in decision.stages),
        )
    notes = dict.fromkeys(trace.notes, LEFT_OUT)
    return evolve(trace, nodes=nodes, error=bare(trace.error), decision=decision, notes=notes, prompt=None)


def _quoted(decision: Decision) -> Sequence[str]:
    """What plugins said in a decision, longest first."""
    said = (decision.intent, *decision.vetoes.values(), *decision.constraint.reasons)
    return sorted({words for words in said if isinstance(words, PluginWords) and words}, key=len, reverse=True)
