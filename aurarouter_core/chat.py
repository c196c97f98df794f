"""One turn of a conversation: what is written down when, so that nothing that was said is ever lost."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from attrs import evolve, frozen

from aurarouter_core.condense import FULL, Pressure, condensed, pressure
from aurarouter_core.conversation import Conversation, Turn
from aurarouter_core.history import Open
from aurarouter_core.plain import error_info
from aurarouter_core.router import Router
from aurarouter_hooks import (
    AuraRouterError,
    Chunk,
    Committed,
    Decision,
    Delta,
    Done,
    ErrorInfo,
    Event,
    Message,
    Reply,
    RoutingError,
    Task,
)


@frozen
class Condensed:
    """The older half of the conversation was to be condensed.

    Attributes:
        conversation: As it is now.
        error: Why nothing changed; None when there is a gist.
    """

    conversation: Conversation
    error: AuraRouterError | None = None


async def turn(router: Router, kept: Open, text: str) -> AsyncGenerator[Event | Condensed]:
    """Say something in a conversation, and tell the events of the answer.

    The message is written down before any model is asked, and the answer before `Done` is told. When this ends
    otherwise, what came so far is kept as an incomplete answer, or the message as an unanswered one.

    Raises:
        AuraRouterError: There is no answer.
    """
    before = kept.conversation
    said = Turn(asked=Message("user", text), gisted=before.gisted)
    kept.keep(evolve(before, turns=(*before.turns, said)))
    clock = time.perf_counter()
    chunks: list[Chunk] = []
    done: Done | None = None
    try:
        task = before.task(text)
        decision = await router.locate_and_decide(task)
        if decision.constraint.private and not kept.conversation.private:
            kept.keep(evolve(kept.conversation, private=True))
        if len(before.sent) > 1 and (await pressure(router, before, decision, text)).reaches(FULL):
            outcome = await condense_now(router, kept)
            yield outcome
            said = evolve(said, gisted=kept.conversation.gisted)
        task = evolve(kept.conversation.task(text), id=task.id)
        async with aclosing(router.stream(task)) as events:
            async for event in events:
                if isinstance(event, Committed):
                    said = evolve(said, model=event.model)
                elif isinstance(event, Delta):
                    chunks.append(event.chunk)
                elif isinstance(event, Done):
                    done = event
                    kept.keep(_answered(kept.conversation, said, done, time.perf_counter() - clock))
                yield event
        if done is None:
            raise RoutingError("a middleware ended the task without an answer", hint="See 'aurarouter plugins'.")
        await _remember_limit(router, kept, done.trace.decision or decision)
    except BaseException as failure:
        if done is None:
            seconds = time.perf_counter() - clock
            kept.keep(kept.conversation.ending(_stopped(said, chunks, error_info(failure), seconds)))
        raise


async def condense_now(router: Router, kept: Open) -> Condensed:
    """Condense a conversation and keep it. When that fails nothing changes."""
    try:
        kept.keep(await condensed(router, kept.conversation))
    except AuraRouterError as error:
        return Condensed(kept.conversation, error)
    return Condensed(kept.conversation)


async def fullness(router: Router, conversation: Conversation) -> Pressure:
    """How full a conversation is for the models that a further message would go to, as far as that can be told.

    Raises:
        AuraRouterError: No such message could be decided on.
    """
    task = Task(
        messages=conversation.messages,
        mode="direct",
        model=conversation.model,
        role=conversation.role,
        private=conversation.private,
        conversation=conversation.id,
    )
    return await pressure(router, conversation, await router.locate_and_decide(task))


def _answered(conversation: Conversation, said: Turn, done: Done, seconds: float) -> Conversation:
    """The conversation with the answer, or with as much of it as there is."""
    trace = done.trace
    last = trace.attempts[-1] if trace.attempts else None
    turn = evolve(
        said,
        answer=done.reply.message if done.reply.message.parts else None,
        state="answered" if done.complete else "incomplete",
        model=last.model if last else said.model,
        finish=done.reply.finish,
        usage=last.usage if last else None,
        seconds=seconds,
        error=trace.error,
        trace_id=trace.id,
    )
    return evolve(conversation.ending(turn), private=conversation.private or trace.private)


async def _remember_limit(router: Router, kept: Open, decision: Decision) -> None:
    """A model that loads on its first prompt knows its context only now; the next process will want to."""
    limit = (await pressure(router, kept.conversation, decision)).limit
    if limit is not None:
        kept.keep(kept.conversation.ending(evolve(kept.conversation.turns[-1], context=limit)))


def _stopped(said: Turn, chunks: list[Chunk], error: ErrorInfo, seconds: float) -> Turn:
    """The turn that ended with an exception."""
    reply = Reply.from_chunks(chunks)
    answer = reply.message
    if not answer.parts:
        return evolve(said, state="unanswered", model="", error=error, seconds=seconds)
    return evolve(
        said, answer=answer, state="incomplete", finish=reply.finish, usage=reply.usage, error=error, seconds=seconds
    )
