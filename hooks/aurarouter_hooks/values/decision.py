"""What was decided before any model was called, and the limits that hold for every attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from aurarouter_hooks.values.task import Analysis, only_names


def _some(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else only_names(value)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


@frozen(kw_only=True)
class Constraint:
    """Limits on where a task may go. Joining two with `|` only ever narrows.

    Attributes:
        private: Only models that are cleared for private content.
        here: Only models that provably run on this machine.
        tags: Only models that carry all of these.
        capabilities: Only models that can do all of these (names as on `Capabilities`).
        min_context: Only models whose context holds this many tokens.
        models: Only these model ids; None for any.
        roles: Only these roles work on the answer; None for any.
        reasons: Why, one short sentence each.
    """

    private: bool = False
    here: bool = False
    tags: frozenset[str] = field(default=frozenset(), converter=only_names)
    capabilities: frozenset[str] = field(default=frozenset(), converter=only_names)
    min_context: int = 0
    models: frozenset[str] | None = field(default=None, converter=_some)
    roles: frozenset[str] | None = field(default=None, converter=_some)
    reasons: tuple[str, ...] = ()

    def __or__(self, other: Constraint) -> Constraint:
        return Constraint(
            private=self.private or other.private,
            here=self.here or other.here,
            tags=self.tags | other.tags,
            capabilities=self.capabilities | other.capabilities,
            min_context=max(self.min_context, other.min_context),
            models=_both(self.models, other.models),
            roles=_both(self.roles, other.roles),
            reasons=tuple(dict.fromkeys(self.reasons + other.reasons)),
        )

    def allows_model(self, name: str) -> bool:
        """The model is among those allowed."""
        return self.models is None or name in self.models

    def allows_role(self, name: str) -> bool:
        """The role is among those allowed."""
        return self.roles is None or name in self.roles


@frozen
class Stage:
    """One step on the way to a decision: what it said, how sure, against which threshold, in how many microseconds."""

    name: str
    outcome: str
    score: float | None = None
    threshold: float | None = None
    microseconds: float = 0.0


@frozen(kw_only=True)
class Decision:
    """What would happen, and why.

    Attributes:
        task_id: The task that it is about.
        mode: "direct", "plan" or "embed".
        intent, role: What was settled on.
        chain: Model ids in the order in which they will be tried.
        vetoes: Model id → why it will not be tried.
        scores: Model id → the sum of what the plugins said.
        resting: Model id → why it may not be asked right now; it keeps its place in the chain.
        constraint: The limits that hold for every attempt.
        stages: How it came about, in order.
        over_budget: Of those that will not be tried, the ones that a budget rules out.
    """

    task_id: str
    mode: str
    analysis: Analysis
    intent: str
    role: str
    chain: tuple[str, ...]
    vetoes: Mapping[str, str] = field(factory=dict)
    scores: Mapping[str, float] = field(factory=dict)
    resting: Mapping[str, str] = field(factory=dict)
    constraint: Constraint = Constraint()
    stages: tuple[Stage, ...] = ()
    over_budget: tuple[str, ...] = ()
