"""One passage through the middleware: a whole task, or one attempt of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from aurarouter_hooks.values.decision import Constraint, Decision
from aurarouter_hooks.values.event import Done
from aurarouter_hooks.values.message import Prompt
from aurarouter_hooks.values.model import Model
from aurarouter_hooks.values.reply import Reply
from aurarouter_hooks.values.task import Task
from aurarouter_hooks.values.trace import Trace


@frozen(kw_only=True)
class Call:
    """What a middleware sees.

    What it may change for those inside: the task, the prompt, and the constraint, which only ever narrows. The kernel
    checks it again right before the attempt; the model stays the one that was decided on.

    Attributes:
        task: The task.
        decision: What was decided for it.
        constraint: The limits in force now; they hold whatever a middleware does.
        model: The model of this attempt; None around a whole task.
        prompt: What that model would be sent; None around a whole task. A middleware may pass on a changed one.
        attempt: Number of this attempt; 0 around a whole task.
        settings: The plugins' configuration sections, of the snapshot that this task runs on.
    """

    task: Task
    decision: Decision
    constraint: Constraint
    model: Model | None = None
    prompt: Prompt | None = None
    attempt: int = 0
    settings: Mapping[str, Any] = field(factory=dict)
    _is_private: Callable[[], bool] = field(default=bool, alias="is_private", repr=False, eq=False)

    @property
    def private(self) -> bool:
        """Nothing of its words or its answer may be kept: it is private, or holds what is replaced before it is sent.

        This is what is known by now. Ask again when an attempt has ended: what is sent is looked through before it is.
        """
        return self._is_private()

    def answer(self, reply: Reply) -> Done:
        """The end of a task that a middleware answers by itself. The kernel puts the whole trace in."""
        return Done(reply=reply, trace=Trace(id="", task_id=self.task.id, started_at=0.0))
