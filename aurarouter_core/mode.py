"""Whether a task is answered directly or by a plan."""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

from aurarouter_core.plan_settings import Plans
from aurarouter_hooks import Analysis, Intent, RoutingError, Task, Text

LOOKED_AT = 4000
"""Characters whose wording counts."""
STEPWISE = re.compile(
    r"\b(?:step[- ]by[- ]step|plan|steps|stages|phases|milestones)\b|^[ \t]*2[.)]\s", re.IGNORECASE | re.MULTILINE
)


@frozen
class Chosen:
    """The mode, and in words with the reason for it; with a level of complexity where that was it."""

    name: Literal["direct", "plan", "embed"]
    outcome: str
    score: float | None = None
    threshold: float | None = None


ASKED = Chosen("direct", "direct (asked for)")
MODEL = Chosen("direct", "direct (a model was asked for)")
NOT_PLAIN = Chosen("direct", "direct (it is a conversation, or has tools or a schema)")
VECTORS = Chosen("embed", "embed (asked for)")
ONE_STEP = Chosen("direct", "direct (its wording names no steps)")
SIMPLE = Chosen("direct", "direct (no task for a plan)")


def chosen_mode(task: Task, intent: Intent, analysis: Analysis, plans: Plans) -> Chosen:
    """The mode that the task asks for; with "auto" a plan for what is hard, names steps, and is plain text.

    Raises:
        RoutingError: A plan is asked for where none can be made, or vectors of what is no text.
    """
    if task.mode == "direct":
        return ASKED
    if task.mode == "embed":
        if not _is_texts(task):
            raise RoutingError(
                "vectors are made of texts alone",
                hint="Make each text a user's message of its own; send no tools, schema, context or files.",
            )
        return VECTORS
    if task.mode == "plan":
        if task.tools or task.response_schema is not None:
            raise RoutingError(
                "a task with tools or a response schema can't be answered by a plan",
                hint="Leave the mode at 'auto', or leave tools and schema out.",
            )
        return Chosen("plan", "plan (asked for)")
    if intent.name != "COMPLEX_REASONING":
        return SIMPLE
    if task.model is not None:
        return MODEL
    if task.messages or task.tools or task.response_schema is not None:
        return NOT_PLAIN
    if analysis.level < plans.from_level:
        return Chosen("direct", "direct (not hard enough for a plan)", analysis.level, plans.from_level)
    if STEPWISE.search(task.text[:LOOKED_AT]) is None:
        return ONE_STEP
    return Chosen("plan", "plan (hard, and its wording names steps)", analysis.level, plans.from_level)


def _is_texts(task: Task) -> bool:
    plain = all(
        message.role == "user" and message.parts and all(isinstance(part, Text) for part in message.parts)
        for message in task.messages
    )
    more = task.tools or task.context or task.response_schema is not None
    return bool(task.text or task.messages) and plain and not more
