"""What happened: attempts, the nodes they belong to, and the trace that explains an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from attrs import field, frozen

from aurarouter_hooks.values.reply import Finish, Usage

if TYPE_CHECKING:
    from aurarouter_hooks.values.decision import Decision


@frozen(kw_only=True)
class ErrorInfo:
    """An error as data: its class's name, its words, what to do next, and in how many seconds, where that is known.

    Attributes:
        refused: The backend said that the request itself is wrong.
    """

    type: str
    message: str
    hint: str = ""
    retry_after: float | None = None
    refused: bool = False


@frozen(kw_only=True)
class Attempt:
    """One try of one model.

    Attributes:
        number: 1 for the first try of the node.
        started: Seconds since the task began.
        seconds: How long it took, failed or not.
        first_token: Seconds from the attempt's start to its first content; None when none came.
        outcome: "ok", "failed" (the chain went on), "incomplete" (failed after content was shown), "cancelled", or
            "error" (something else than the backend was at fault, and the task ended). More may come.
        usage: Tokens that the backend used; None when it used none.
        cost: US dollars; None when the price is unknown.
        asked: False where a middleware answered in the backend's place, or refused before it was asked.
        spared: US dollars that such an answer would have cost at the backend; None when the price is unknown.
        request_id: The backend's own id.
        span_id: The attempt's own W3C span id, which HTTP backends are told.
    """

    number: int
    model: str
    provider: str
    started: float
    seconds: float = 0.0
    first_token: float | None = None
    outcome: Literal["ok", "failed", "incomplete", "cancelled", "error"] = "ok"
    error: ErrorInfo | None = None
    usage: Usage | None = None
    cost: float | None = None
    finish: Finish | None = None
    request_id: str = ""
    model_name: str = ""
    span_id: str = ""
    asked: bool = True
    spared: float | None = None


NodeKind = Literal["analyse", "classify", "plan", "step", "review", "answer"]


@frozen(kw_only=True)
class Node:
    """One piece of work in a trace's graph. More kinds may come.

    Attributes:
        parents: Ids of the nodes that it waited for.
        skipped: Model id → why it was not asked when it was its turn: it rested, or was not to be reached.
        raw: The model's own text, kept only where the configuration says so.
    """

    id: str
    kind: NodeKind
    parents: tuple[str, ...] = ()
    label: str = ""
    role: str = ""
    started: float = 0.0
    seconds: float = 0.0
    outcome: str = ""
    attempts: tuple[Attempt, ...] = ()
    skipped: Mapping[str, str] = field(factory=dict)
    raw: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Trace:
    """The whole story of one task.

    Attributes:
        id: The W3C trace id; the caller's where one came in.
        parent_span: The caller's W3C span id; "" when none came in.
        task_id: The request's id.
        started_at: Unix time in seconds.
        decision: The first decision; None when deciding itself failed.
        nodes: The graph, in the order in which its nodes began.
        cost: US dollars of all attempts; None when that of one is unknown, or where there was none.
        complete: False when the answer stops short, with `error` saying why.
        notes: What middleware had to say, by name (`cache: hit` …).
        prompt: The prompt, kept only where the configuration says so.
        sampled: The caller records its trace, or there is none.
    """

    id: str
    task_id: str
    started_at: float
    seconds: float = 0.0
    surface: str = ""
    app: str = ""
    conversation: str = ""
    private: bool = False
    decision: Decision | None = None
    nodes: tuple[Node, ...] = ()
    usage: Usage = field(factory=Usage)
    cost: float | None = None
    complete: bool = True
    error: ErrorInfo | None = None
    notes: Mapping[str, Any] = field(factory=dict)
    parent_span: str = ""
    prompt: str | None = field(default=None, repr=False)
    sampled: bool = True

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt of every node, in order."""
        return tuple(attempt for node in self.nodes for attempt in node.attempts)
