"""Answers a task in steps: a model makes the plan, each step goes where it belongs, one answer comes of all."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from attrs import Factory, define, evolve

from aurarouter_core.condense import condensed, together
from aurarouter_core.nodes import Nodes, Work
from aurarouter_core.prompts import PLAN, STEP, Words
from aurarouter_core.refusal import nothing_left
from aurarouter_core.review import Answer, review_events
from aurarouter_core.running import Run
from aurarouter_core.steps import schema, steps_of
from aurarouter_hooks import (
    AuraRouterError,
    Call,
    Decision,
    Delta,
    Done,
    ErrorInfo,
    Event,
    PrivacyError,
    Reply,
    Task,
)

BETWEEN = "\n\n"
BRIEF = 120
"""Characters of each step in the plan that all steps see."""


@define(eq=False)
class Progress:
    """What the steps gave so far.

    Attributes:
        steps: The texts of all of them; none when no plan could be read, and the task is the one step.
        replies: The answers, in order.
        last: The step that ran last.
        failure: Why it gave nothing.
        error: The same, or why its answer stops short.
    """

    steps: Sequence[str]
    replies: list[Reply] = Factory(list)
    last: Work | None = None
    failure: AuraRouterError | None = None
    error: ErrorInfo | None = None

    @property
    def texts(self) -> list[str]:
        """The answers that have any text."""
        return [reply.text for reply in self.replies if reply.text]

    @property
    def reply(self) -> Reply:
        """All answers as one."""
        last = self.replies[-1]
        return Reply(text=BETWEEN.join(self.texts), finish=last.finish, model_name=last.model_name)


async def plan_events(run: Run, call: Call) -> AsyncGenerator[Event]:
    """All events of a task that is answered by a plan.

    Raises:
        PrivacyError: A part of it is private and had nowhere to go.
        AuraRouterError: Nobody may make the plan, or no step gave anything.
    """
    if not run.decision.chain:
        raise nothing_left(run.decision, run.snapshot, run.pool.locations)
    nodes = Nodes(run, call)
    planning = nodes.work(nodes.node("plan", "plan", "analyse"), run.decision, _asking_for_a_plan(nodes))
    async with aclosing(planning.events()) as events:
        async for event in events:
            yield event
    said = planning.reply.text
    progress = Progress(steps_of(said, run.snapshot.config.plans.max_steps))
    yield planning.finish(**_came_of_it(planning, progress.steps), raw=nodes.told(said))
    if isinstance(planning.failure, PrivacyError):
        raise planning.failure
    async with aclosing(_step_events(nodes, progress)) as events:
        async for event in events:
            yield event
    if progress.failure is not None and (isinstance(progress.failure, PrivacyError) or not progress.replies):
        raise progress.failure
    answer = Answer(progress.reply, progress.last.node.role if progress.last else "", _id(len(progress.replies)))
    wanted = run.task.review if run.task.review is not None else run.snapshot.config.plans.review
    if wanted and progress.error is None:
        async with aclosing(review_events(nodes, answer)) as events:
            async for event in events:
                yield event
    yield Done(
        reply=answer.reply,
        trace=run.recorder.trace(progress.error),
        complete=progress.error is None,
        steps=tuple(progress.replies),
    )


def _asking_for_a_plan(nodes: Nodes) -> Task:
    config = nodes.run.snapshot.config
    words = Words(config.prompts.plan or PLAN, {"task": nodes.task.question}, {"most": config.plans.max_steps})
    return nodes.asking(str(words), response_schema=schema(config.plans.max_steps), schema_optional=True)


def _came_of_it(planning: Work, steps: Sequence[str]) -> dict[str, str]:
    """What the plan's node says of itself."""
    if steps:
        return {"label": f"{len(steps)} step{'s' if len(steps) > 1 else ''}"}
    if planning.failure is not None:
        return {"label": "no model made a plan; the task is the one step"}
    return {"label": "no steps can be read in the reply; the task is the one step", "outcome": "unreadable"}


async def _step_events(nodes: Nodes, progress: Progress) -> AsyncGenerator[Event]:
    """The steps in order, until one fails. The text of each but the first is set off by a blank line."""
    steps = progress.steps or (nodes.task.question,)
    for number in range(1, len(steps) + 1):
        work = progress.last = await _step(nodes, progress, number)
        apart = not progress.texts
        async with aclosing(work.events()) as events:
            async for event in events:
                if not apart and isinstance(event, Delta) and event.chunk.text:
                    apart = True
                    event = Delta(chunk=evolve(event.chunk, text=BETWEEN + event.chunk.text))
                yield event
        yield work.finish()
        if work.failure is None:
            progress.replies.append(work.reply)
        if work.error is not None:
            words = f"step {number} of {len(steps)} failed: {work.error.message}"
            progress.failure, progress.error = work.failure, evolve(work.error, message=words)
            return


async def _step(nodes: Nodes, progress: Progress, number: int) -> Work:
    total = len(progress.steps) or 1
    parents = ("plan",) if number == 1 else ("plan", _id(number - 1))
    node = nodes.node(_id(number), "step", *parents, label=f"{number} of {total}")
    if not progress.steps:
        whole = evolve(nodes.task, mode="direct")
        return await nodes.begin(node, whole, lambda _: whole, text=nodes.task.question, shown=True)
    step, texts = progress.steps[number - 1], [reply.text for reply in progress.replies]
    parameters = nodes.task.parameters

    def sent(decision: Decision) -> Task:
        earlier = together(texts, nodes.room(decision))
        data = {
            "step": step,
            "task": nodes.task.question,
            "plan": "\n".join(f"{at}. {condensed(text, BRIEF)}" for at, text in enumerate(progress.steps, start=1)),
            "earlier": "\n\n".join(f"Step {at}:\n{text}" for at, text in enumerate(earlier, start=1))
            or "(nothing yet)",
        }
        template = nodes.run.snapshot.config.prompts.step or STEP
        return nodes.asking(str(Words(template, data, {"number": number, "total": total})), parameters=parameters)

    # Decided by its own words alone, but looked through for private data with all that it may be sent.
    about = nodes.asking(step, parameters=parameters)
    about = evolve(about, context="\n\n".join([about.context, nodes.task.question, *progress.steps, *texts]))
    return await nodes.begin(node, about, sent, text=step, shown=True)


def _id(number: int) -> str:
    return f"step-{number}"
