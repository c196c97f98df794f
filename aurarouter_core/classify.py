"""Asks the models of the role `router` what kind of task it is, where the analyser isn't sure. Never fails a task."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from attrs import evolve

from aurarouter_core.decide import unsure
from aurarouter_core.located import located
from aurarouter_core.nodes import FAILURES, Nodes, Work
from aurarouter_core.prompts import CLASSIFY, Words
from aurarouter_core.running import Run
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.steps import unfenced
from aurarouter_hooks import Call, Event, Intent

ROUTER = "router"
LONGEST = 80
"""Characters of an intent's name in a reply; a longer one is none."""


def schema(intents: Mapping[str, Intent]) -> dict[str, Any]:
    """What an answer looks like, as JSON Schema."""
    name = {"type": "string", "enum": list(intents)}
    return {"type": "object", "properties": {"intent": name}, "required": ["intent"], "additionalProperties": False}


def intent_of(text: str, snapshot: Snapshot) -> str | None:
    """The intent that a reply names, by its name, a synonym or its role; None when it names none.

    A reply is the JSON that was asked for, or the name alone. One that says more is none: what it quotes may be the
    task's own words.
    """
    said: Any = unfenced(text).strip()
    try:
        said = json.loads(said)
    except (ValueError, RecursionError):
        if said[:1] in ("{", "["):
            return None
    if isinstance(said, dict):
        said = said["intent"] if set(said) == {"intent"} else None
    if not isinstance(said, str) or len(said) > LONGEST:
        return None
    return _meant(said.strip().strip("\"'`*.").strip(), snapshot)


def _meant(said: str, snapshot: Snapshot) -> str | None:
    folded = " ".join(said.replace("_", " ").split()).casefold()
    for name in snapshot.intents:
        if " ".join(name.replace("_", " ").split()).casefold() == folded:
            return name
    named = snapshot.named.get(folded)
    if named is not None:
        return named
    role = snapshot.analyser.resolve(said)
    return next((name for name, intent in snapshot.intents.items() if role and intent.role == role), None)


def asks(run: Run) -> bool:
    """Whether a model's opinion is wanted: it is unknown what kind of task it is, and who is asked depends on that."""
    task, roles = run.task, run.snapshot.config.roles
    if task.role is not None or task.model is not None or ROUTER not in roles or not unsure(run.decision):
        return False
    return len({entry.models for role, entry in roles.items() if role != ROUTER}) > 1


class Classifying:
    """A task whose kind a model is asked for.

    Attributes:
        run, call: The task's own; once the events are over, with the decision that came of the answer.
    """

    def __init__(self, run: Run, call: Call) -> None:
        self.run, self.call = run, call

    async def events(self) -> AsyncGenerator[Event]:
        """What the node `classify` tells. Without a usable answer all stays as it was decided."""
        nodes = Nodes(self.run, self.call)
        work = await self._asked(nodes)
        async with aclosing(work.events()) as events:
            async for event in events:
                yield event
        named = intent_of(work.reply.text, self.run.snapshot) if work.error is None else None
        if named is not None:
            await self._decide(named, nodes)
        label = named or ("no model answered" if work.failure else "no intent can be read in the reply")
        outcome = {} if named or work.failure else {"outcome": "unreadable"}
        yield work.finish(label=label, raw=nodes.told(work.reply.text), **outcome)

    async def _asked(self, nodes: Nodes) -> Work:
        snapshot = self.run.snapshot
        kinds = "\n".join(f"- {name}: {intent.description or name}" for name, intent in snapshot.intents.items())
        words = Words(snapshot.config.prompts.classify or CLASSIFY, {"task": nodes.task.question}, {"intents": kinds})
        task = nodes.asking(str(words), role=ROUTER, response_schema=schema(snapshot.intents), schema_optional=True)
        return await nodes.begin(nodes.node("classify", "classify", "analyse"), task, lambda _: task)

    async def _decide(self, named: str, nodes: Nodes) -> None:
        run, began = self.run, self.run.recorder.elapsed
        try:
            async with run.in_time():
                decision = await located(nodes.task, run.snapshot, run.pool, nodes.limits, named)
        except FAILURES:  # what stands in the way of the task itself is told when its answer is sought
            return
        run.recorder.decided(decision, began)
        run.snapshot.plugins.decision_made(decision)
        self.run = evolve(run, decision=decision)
        self.call = evolve(self.call, decision=decision, constraint=self.call.constraint | decision.constraint)
