"""Has somebody check an answer, and lets it be corrected. No review ever turns an answer into an error."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from attrs import define

from aurarouter_core.nodes import Nodes, Work
from aurarouter_core.plain import error_info
from aurarouter_core.prompts import CORRECT, REVIEW, Words
from aurarouter_core.running import Run
from aurarouter_core.steps import unfenced
from aurarouter_hooks import Call, Done, Event, Node, NoModelLeftError, Noted, Reply

log = logging.getLogger(__name__)
REVIEWER = "reviewer"
PROBLEMS, LONGEST = 10, 1000
"""Problems of a verdict, and characters of each; a verdict with more is none."""
NOT_REVIEWED, APPROVED, CORRECTED, REJECTED = "not reviewed", "approved", "corrected", "rejected"
VERDICT = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "problems": {"type": "array", "items": {"type": "string", "maxLength": 300}, "maxItems": PROBLEMS},
    },
    "required": ["approved", "problems"],
    "additionalProperties": False,
}


@define(eq=False)
class Answer:
    """An answer under review.

    Attributes:
        reply: As it stands; a correction takes its place.
        role: Who gave it, and is asked to correct it.
        node: The id of the node that it came from.
    """

    reply: Reply
    role: str
    node: str


def verdict_of(text: str) -> tuple[str, ...] | None:
    """The problems that a reviewer's reply names, none for an approval; None when it is no verdict."""
    try:
        said = json.loads(unfenced(text), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or set(said) != {"approved", "problems"}:
        return None
    approved, problems = said["approved"], said["problems"]
    if not isinstance(approved, bool) or not isinstance(problems, list) or len(problems) > PROBLEMS:
        return None
    if not all(isinstance(problem, str) and 0 < len(problem.strip()) <= LONGEST for problem in problems):
        return None
    return None if approved == bool(problems) else tuple(problems)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says nothing twice: which of the two counts would be anybody's guess."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key comes twice")
    return dict(pairs)


async def reviewed_events(run: Run, call: Call, node: Node) -> AsyncGenerator[Event]:
    """All events of a task that one node answers and somebody checks.

    Raises:
        As `chain.node_events`.
    """
    work = Work(run=run, call=call, node=node, shown=True)
    async with aclosing(work.events()) as events:
        async for event in events:
            yield event
    yield work.finish()
    if work.failure is not None:
        raise work.failure
    answer = Answer(work.reply, node.role, node.id)
    if work.error is None:
        async with aclosing(review_events(Nodes(run, call), answer)) as events:
            async for event in events:
                yield event
    yield Done(reply=answer.reply, trace=run.recorder.trace(work.error), complete=work.error is None)


async def review_events(nodes: Nodes, answer: Answer) -> AsyncGenerator[Event]:
    """Reviews and corrections in turn, and a note `review` of how it ended."""
    outcome = NOT_REVIEWED
    config = nodes.run.snapshot.config
    if REVIEWER in config.roles and answer.reply.text:
        for round_ in range(config.plans.corrections + 1):
            work = await _review(nodes, answer, round_ + 1)
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
            problems = _verdict(work)
            outcome = _outcome(problems, corrected=round_ > 0)
            yield work.finish(label=outcome, raw=nodes.told(work.reply.text))
            if not problems or round_ == config.plans.corrections:
                break
            work = await _correction(nodes, answer, problems, round_ + 1)
            async with aclosing(work.events()) as events:
                async for event in events:
                    yield event
            yield work.finish()
            if work.error is not None:
                break
            answer.reply, answer.node = work.reply, work.node.id
    yield Noted(name="review", value=outcome)


def _verdict(work: Work) -> tuple[str, ...] | None:
    return verdict_of(work.reply.text) if work.error is None else None


def _outcome(problems: tuple[str, ...] | None, *, corrected: bool) -> str:
    if problems is None:
        return NOT_REVIEWED
    if problems:
        return REJECTED
    return CORRECTED if corrected else APPROVED


async def _review(nodes: Nodes, answer: Answer, number: int) -> Work:
    template = nodes.run.snapshot.config.prompts.review or REVIEW
    wishes: dict[str, Any] = {"role": REVIEWER, "response_schema": VERDICT, "schema_optional": True}

    data = {"task": nodes.task.question, "answer": answer.reply.text}
    task = nodes.asking(str(Words(template, data)), **wishes)
    about = nodes.asking(f"{nodes.task.question}\n\n{answer.reply.text}", **wishes)
    work = await nodes.begin(nodes.node(f"review-{number}", "review", answer.node), about, lambda _: task)
    return _whole(nodes, answer, work)


async def _correction(nodes: Nodes, answer: Answer, problems: tuple[str, ...], number: int) -> Work:
    template = nodes.run.snapshot.config.prompts.correct or CORRECT
    task = nodes.task
    wishes = {"role": answer.role or task.role, "parameters": task.parameters, "response_schema": task.response_schema}
    listed = "\n".join(f"- {problem}" for problem in problems)

    data = {"task": task.question, "answer": answer.reply.text, "problems": listed}
    asked = nodes.asking(str(Words(template, data)), **wishes)
    about = nodes.asking(f"{task.question}\n\n{answer.reply.text}\n\n{listed}", **wishes)
    node = nodes.node(f"correction-{number}", "answer", f"review-{number}", label="corrected after review")
    return _whole(nodes, answer, await nodes.begin(node, about, lambda _: asked, shown=True))


def _whole(nodes: Nodes, answer: Answer, work: Work) -> Work:
    """Nobody is asked who can't read all of the answer: half of it can't be approved, nor written again.

    A model of which nobody says how much it holds is tried: most hold long texts, and the others refuse one that is
    too long.
    """
    size, room = len(answer.reply.text), nodes.limit(work.run.decision)
    if work.failure is None and room is not None and size > room:
        work.failure = NoModelLeftError(f"the answer has {size} characters, and {room} fit into the prompt")
        work.error = error_info(work.failure)
        log.info("%s: %s", work.node.id, work.failure)
    return work
