"""What the executor tells while it works: typed events in a fixed grammar.

    task    := other* Done                   or an exception of our tree, at any point
    other   := node | Progress | Noted
    node    := NodeStarted (attempt | Progress | Noted)* NodeFinished
    attempt := AttemptStarted (Progress | Noted)* (AttemptFailed | shown)
    shown   := Committed (Delta | Noted)* (AttemptDone | AttemptFailed)

`Committed` comes once an attempt's first content is about to be shown; from then on no other model takes over,
and an AttemptFailed after it means that the answer is incomplete: `Done.complete` is False. Without any Committed, a
complete answer has no words: no model had more to say.

Whatever comes between a NodeStarted and its NodeFinished belongs to that node. The Deltas of `step` and `answer` nodes
are the answer, nodes `plan` and `review` have none: all Deltas of a plan, one after another, are its text. One
exception: an `answer` that begins after another node has shown text is a correction, and its Deltas take the place of
all that was shown. `Done.text` is always what counts.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from aurarouter_hooks.values.reply import Chunk, Reply, Usage
from aurarouter_hooks.values.trace import Attempt, Node, Trace


@frozen(kw_only=True)
class NodeStarted:
    """A piece of work begins: the answer itself, or a plan, a step, a review."""

    node: Node


@frozen(kw_only=True)
class NodeFinished:
    """It ended; the node now holds its attempts and times."""

    node: Node


@frozen(kw_only=True)
class AttemptStarted:
    """A model is about to be asked."""

    node: str
    number: int
    model: str
    provider: str


@frozen(kw_only=True)
class Progress:
    """Something takes a while: a download, a model that loads. `fraction` is 0..1 or None."""

    what: str
    fraction: float | None = None


@frozen(kw_only=True)
class Committed:
    """This model has begun to answer, and no other will be asked for this node.

    A `Delta` follows where the node's words are the task's: not while a model is asked for the kind of task, makes a
    plan, or checks an answer.
    """

    node: str
    model: str


@frozen(kw_only=True)
class Delta:
    """A piece of the answer."""

    chunk: Chunk


@frozen(kw_only=True)
class AttemptDone:
    """The model answered to the end."""

    attempt: Attempt


@frozen(kw_only=True)
class AttemptFailed:
    """The model failed; the attempt says how."""

    attempt: Attempt


@frozen(kw_only=True)
class Noted:
    """Middleware says something for the trace and the surfaces (`cache: hit`)."""

    name: str
    value: Any


@frozen(kw_only=True)
class Done:
    """The end of every task that did not raise: the answer, and the trace that explains it.

    Attributes:
        reply: The answer; of a plan, its steps' answers with a blank line between them; after a review that found
            problems, the corrected one.
        steps: The answers of a plan's steps, in order, as they were before any correction; empty for a direct answer.
        complete: False when the answer stops short; `trace.error` says why.
    """

    reply: Reply
    trace: Trace
    complete: bool = True
    steps: tuple[Reply, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The answer's text."""
        return self.reply.text

    @property
    def usage(self) -> Usage:
        """Tokens of all attempts together."""
        return self.trace.usage


Event = (
    NodeStarted
    | NodeFinished
    | AttemptStarted
    | Progress
    | Committed
    | Delta
    | AttemptDone
    | AttemptFailed
    | Noted
    | Done
)
