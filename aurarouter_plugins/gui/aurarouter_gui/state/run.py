"""One question and its answer, as it comes."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Literal

from aurarouter_gui.state.graph import Graph
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, money, seconds, tokens, trouble, trouble_of
from aurarouter_hooks import Committed, Delta, Done, Event, NodeStarted, Noted, Progress, Task, Trace

State = Literal["running", "done", "incomplete", "failed", "stopped"]


class Run:
    """A task at work, or its end. Lives on the UI's thread.

    Attributes:
        task: What was asked.
        text, reasoning: The answer so far, and the thinking beside it.
        graph: The execution so far.
        model: Who answers.
        waits: What is waited for, in words; "" when text flows.
        trouble: Why there is no answer, or no whole one.
        trace: The whole story, once it ended.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.began = time.time()
        self.state: State = "running"
        self.text = ""
        self.reasoning = ""
        self.model = ""
        self.waits = "Waiting for the kernel …"
        self.graph = Graph()
        self.notes: dict[str, str] = {}
        self.trouble: Trouble | None = None
        self.trace: Trace | None = None
        self._parts: list[str] = []
        self._correcting = False

    def see(self, event: Event) -> None:
        """Take in what happened."""
        self.graph.see(event)
        match event:
            case NodeStarted(node=node):
                self._correcting = node.kind == "answer" and bool(self.text)
                self.waits = "Choosing a model …"
            case Progress(what=what, fraction=fraction):
                self.waits = what if fraction is None else f"{what}: {fraction:.0%}"
            case Committed(model=model):
                self.model, self.waits = model, ""
            case Delta(chunk=chunk):
                if self._correcting and chunk.text:
                    self.text, self._correcting = "", False
                self.text += chunk.text
                self.reasoning += chunk.reasoning
            case Noted(name=name, value=value):
                self.notes[name] = str(value)
            case Done():
                self._finish(event)

    def _finish(self, done: Done) -> None:
        self.text, self.trace, self.waits = done.text, done.trace, ""
        self.state = "done" if done.complete else "incomplete"
        self.graph = Graph.of(done.trace.nodes)
        if done.trace.attempts:
            self.model = done.trace.attempts[-1].model
        if done.trace.error is not None:
            self.trouble = trouble_of(done.trace.error)

    def fail(self, error: BaseException) -> None:
        """It ended without a whole answer."""
        self.trouble, self.waits = trouble(error), ""
        self.state = "incomplete" if self.text else "failed"
        self.graph.stop()

    def stop(self) -> None:
        """Somebody has cancelled it."""
        if self.state == "running":
            self.state, self.waits = "stopped", ""
            self.graph.stop("stopped")

    @property
    def summary(self) -> str:
        """Who answered, in which time, at what cost."""
        if self.trace is None:
            return "Stopped; nothing more comes" if self.state == "stopped" else ""
        used = self.trace.usage
        parts = [self.model, seconds(self.trace.seconds), f"{tokens(used)} tokens", money(self.trace.cost)]
        return " · ".join(filter(None, parts))


async def told(
    link: Link, run: Run, changed: Callable[[], None], ask: Callable[[Task], AsyncGenerator[Event]] | None = None
) -> None:
    """Run a task in the kernel; every event is told on the UI's thread.

    Args:
        link: The way to the kernel.
        run: What is told.
        changed: Told each time that it has changed.
        ask: Asks in another way than the kernel's own `stream`: in a conversation.

    Raises:
        AuraRouterError: There is no answer.
    """

    def see(event: Event) -> Callable[[], None]:
        def act() -> None:
            if run.state == "running":
                run.see(event)
                changed()

        return act

    if ask is None:
        ask = (await link.kernel()).stream
    async with aclosing(ask(run.task)) as events:
        async for event in events:
            link.worker.mailbox.post(see(event))
