"""A conversation at work: asks, keeps what was said, and condenses the oldest part when it no longer fits."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from attrs import evolve, frozen

from aurarouter_core.chat import condensing
from aurarouter_core.chat.conversations import Conversation, Conversations
from aurarouter_core.chat.entry import Entry
from aurarouter_core.chat.pressure import Pressure, oldest, pressure
from aurarouter_core.prompts import material
from aurarouter_hooks import (
    AuraRouterError,
    Chunk,
    Committed,
    Delta,
    Done,
    Event,
    NodeStarted,
    Opaque,
    Part,
    Reply,
    Task,
    Text,
)

ROUNDS = 8
"""Times that a long conversation is condensed in a row, a part each time, before one question."""
TITLE = 60
"""Characters of the first question that name a conversation."""


@frozen(kw_only=True)
class Condensed:
    """What became of condensing: how many entries a summary stands in for now, or why there is none."""

    entries: int = 0
    problem: str = ""


class Asked(Protocol):
    """What a conversation asks: a router, or the shared engine."""

    def run(self, task: Task) -> Awaitable[Done]:
        """Run a task to its end."""

    def stream(self, task: Task) -> AsyncGenerator[Event]:
        """Run a task and tell its events."""

    def outlook(self, task: Task, *, cut: bool = False) -> Awaitable[Mapping[str, Any]]:
        """What to know before asking."""


class Chat:
    """One conversation with a router or the shared engine, in a program of one user.

    What is said is written before things go on. A conversation that was private once stays private.

    Attributes:
        conversation: What is known of it; set `model` or `role` with `wish`.
    """

    def __init__(self, router: Asked, conversations: Conversations, conversation: Conversation) -> None:
        self._router = router
        self._kept = conversations
        self.conversation = conversation

    def wish(self, *, model: str | None, role: str | None) -> None:
        """Ask for this model or role from now on; None for whoever fits."""
        self.conversation = evolve(self.conversation, model=model, role=role)

    async def pressure(self, task: Task | None = None) -> Pressure:
        """How full the context of the model that would answer is, with this task or without."""
        task = task or Task("", model=self.conversation.model, role=self.conversation.role)
        asked = self.asked(task)
        entries = self._kept.entries(self.conversation.id)
        return pressure(entries, await self._limit(asked), task.text + task.context)

    async def say(self, task: Task) -> AsyncGenerator[Event]:
        """Ask the next question and tell the events of its answer.

        Question and answer are kept; of an answer that is interrupted or breaks off, what there is. A question that
        gets no answer at all is kept too, and left out of later prompts.

        Args:
            task: The question, with its own wishes; those of the conversation stand behind them.

        Raises:
            AuraRouterError: As from `Router.stream`, or the conversation can't be kept.
        """
        outlook = await self._router.outlook(self.asked(task))
        if outlook["private"]:
            self._became_private()
        parts: list[Part] = [Text(task.text)]
        if task.context:
            parts.append(Text(material(task.context)))
        title = self.conversation.title or task.text.strip().partition("\n")[0][:TITLE]
        self.conversation = evolve(self.conversation, title=title)
        question = Entry(role="user", parts=tuple(parts), at=time.time())
        question = self._kept.ask(self.conversation, question)
        chunks: list[Chunk] = []
        model, done = "", None
        answers = first = True  # a reviewer says nothing to the user, and half a correction takes nobody's place
        try:
            async with aclosing(self._router.stream(self.asked(task))) as events:
                async for event in events:
                    if isinstance(event, NodeStarted):
                        answers = event.node.kind == "answer"
                        first = not chunks
                    elif isinstance(event, Committed) and answers:
                        model = event.model
                    elif isinstance(event, Delta) and first:
                        chunks.append(event.chunk)
                    elif isinstance(event, Done):
                        done = event
                        self._keep(question, event.reply, event, model)
                    yield event
        finally:
            if done is None and chunks:
                self._keep(question, Reply.from_chunks(chunks), None, model)

    def asked(self, task: Task) -> Task:
        """The task as it is asked inside the conversation: after what was said, and private where that was."""
        one = self.conversation
        return evolve(
            task,
            messages=condensing.messages(self._kept.entries(one.id)),
            model=task.model or (one.model if task.role is None else None),
            role=task.role or (one.role if task.model is None else None),
            mode="direct",
            private=task.private or one.private,
            conversation=one.id,
        )

    def _became_private(self) -> None:
        if not self.conversation.private:
            self.conversation = evolve(self.conversation, private=True)
            if self._kept.find(self.conversation.id):
                self._kept.save(self.conversation)

    def _keep(self, question: Entry, reply: Reply, done: Done | None, model: str) -> None:
        if done is not None and done.trace.private:
            self._became_private()
        if not reply.message.parts:
            return  # the question stays without an answer
        usage = reply.usage
        counted = usage is not None and not usage.estimated and usage.input_tokens > 0
        answer = Entry(
            role="assistant",
            parts=tuple(part for part in reply.message.parts if done is not None or not isinstance(part, Opaque)),
            model=model,
            trace_id=done.trace.id if done is not None else "",
            tokens=usage.input_tokens + usage.output_tokens if usage is not None and counted else None,
            complete=done is not None and done.complete,
            at=time.time(),
        )
        self._kept.answer(self.conversation, question, answer)

    async def make_room(self, task: Task) -> AsyncGenerator[Condensed]:
        """Condense for as long as a task doesn't fit; tells what became of each round, ends when one fails."""
        for _ in range(ROUNDS):
            if not (await self.pressure(task)).too_high:
                return
            condensed = await self.condense(task)
            yield condensed
            if condensed.problem:
                return

    async def condense(self, task: Task | None = None) -> Condensed:
        """Have a model summarise the oldest part; the originals stay. Nothing changes unless all goes well.

        Args:
            task: What room is made for; its limits hold for the summary too.
        """
        task = task or Task("")
        entries = self._kept.entries(self.conversation.id)
        chosen = oldest(entries, await self._limit(self.asked(Task(""))))
        if not chosen:
            return Condensed(problem="there is nothing older than the last exchange")
        one = self.conversation
        try:
            summarises = (await self._router.outlook(Task(""), cut=True))["condenses"]
            wishes = Task(role=summarises or (None if one.model else one.role), model=None if summarises else one.model)
            limits = evolve(wishes, private=one.private or task.private, here=task.here, tags=task.tags)
            done = await self._router.run(condensing.task(chosen, evolve(limits, conversation=one.id)))
        except AuraRouterError as error:
            return Condensed(problem=str(error))
        problem = condensing.objection(done, chosen)
        if problem is not None:
            return Condensed(problem=problem)
        summary = Entry(
            kind="summary",
            role="assistant",
            parts=(Text(done.text.strip()),),
            model=done.trace.attempts[-1].model if done.trace.attempts else "",
            trace_id=done.trace.id,
            at=time.time(),
        )
        self._kept.condense(one.id, summary, [entry.number for entry in chosen])
        return Condensed(entries=len(chosen))

    async def _limit(self, task: Task) -> int | None:
        """The context of the model that is likeliest to answer; None when nobody knows it."""
        try:
            limit: int | None = (await self._router.outlook(task, cut=True))["context_length"]
        except AuraRouterError:
            return None  # asking for real will say why
        return limit
