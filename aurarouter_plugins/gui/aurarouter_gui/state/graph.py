"""The graph of an execution as it grows: nodes with their attempts, and where each stands in the drawing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from aurarouter_gui.state.words import seconds
from aurarouter_hooks import (
    Attempt,
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    Committed,
    Decision,
    ErrorInfo,
    Event,
    Node,
    NodeFinished,
    NodeStarted,
    Progress,
    Usage,
)

ANALYSE = "analyse"
NAMES: Mapping[str, str] = {
    "analyse": "Analyse",
    "classify": "Classify",
    "plan": "Plan",
    "step": "Step",
    "review": "Review",
    "answer": "Answer",
}


@define
class Vertex:
    """One piece of work.

    Attributes:
        node: As the kernel tells it.
        state: "running", "ok", "failed", or "stopped" by the user.
        asked: The model that is being asked, or was last.
        waits: What it is waiting for, in words.
        began: When, on the monotonic clock.
    """

    node: Node
    state: str = "running"
    asked: str = ""
    waits: str = ""
    attempts: list[Attempt] = field(factory=list)
    began: float = field(factory=time.monotonic)

    @property
    def title(self) -> str:
        """What kind of work it is."""
        name = NAMES.get(self.node.kind, self.node.kind.capitalize())
        number = self.node.id.removeprefix(self.node.kind).lstrip("-")
        return f"{name} {number}" if self.node.kind == "step" and number else name

    @property
    def line(self) -> str:
        """Model and time, or what it waits for."""
        if self.state == "running":
            return self.waits or (f"{self.asked} …" if self.asked else "…")
        failures = sum(attempt.error is not None for attempt in self.attempts)
        failed = f"{failures} failed" if failures else ""
        stopped = "stopped" if self.state == "stopped" else ""
        return " · ".join(filter(None, (self.asked, seconds(self.node.seconds), failed, stopped)))


class Graph:
    """Follows a task's events.

    Attributes:
        vertices: By id, in the order in which they began.
    """

    def __init__(self) -> None:
        self.vertices: dict[str, Vertex] = {}
        self._now: Vertex | None = None

    @classmethod
    def of(cls, nodes: Iterable[Node]) -> Graph:
        """The graph of a task that has ended."""
        graph = cls()
        for node in nodes:
            graph.see(NodeStarted(node=node))
            graph.see(NodeFinished(node=node))
        return graph

    @classmethod
    def of_plain(cls, trace: Mapping[str, Any]) -> Graph:
        """The graph of a kept trace."""
        return cls.of(_node(node) for node in trace["nodes"])

    def see(self, event: Event) -> None:
        """Take in what happened."""
        match event:
            case NodeStarted(node=node):
                self._now = self.vertices[node.id] = Vertex(node)
            case NodeFinished(node=node):
                vertex = self.vertices.setdefault(node.id, Vertex(node))
                vertex.node, vertex.attempts, vertex.waits = node, list(node.attempts), ""
                vertex.state = "ok" if _went_well(node) else "failed"
                if node.attempts:
                    vertex.asked = node.attempts[-1].model
            case AttemptStarted(model=model) if self._now is not None:
                self._now.asked, self._now.waits = model, f"asking {model} …"
            case Committed(model=model) if self._now is not None:
                self._now.asked, self._now.waits = model, f"{model} is writing …"
            case Progress(what=what, fraction=fraction) if self._now is not None:
                self._now.waits = what if fraction is None else f"{what} {fraction:.0%}"
            case AttemptDone(attempt=attempt) | AttemptFailed(attempt=attempt) if self._now is not None:
                self._now.attempts.append(attempt)
                self._now.waits = ""

    def stop(self, state: str = "failed") -> None:
        """Nothing more comes: what still ran ended like this."""
        for vertex in self.vertices.values():
            if vertex.state == "running":
                vertex.state, vertex.waits = state, ""
                spent = vertex.node.seconds or time.monotonic() - vertex.began
                vertex.node = evolve(vertex.node, seconds=spent, outcome=vertex.node.outcome or "stopped")

    def analysed(self, decision: Decision) -> None:
        """Show the analysis, where the kernel tells no node of its own for it."""
        if any(vertex.node.kind == "analyse" for vertex in self.vertices.values()):
            return
        spent = sum(stage.microseconds for stage in decision.stages) / 1e6
        label = f"{decision.intent} → {decision.role}"
        node = Node(id=ANALYSE, kind="analyse", seconds=spent, outcome="ok", label=label)
        self.vertices = {ANALYSE: Vertex(node, state="ok"), **self.vertices}

    def edges(self) -> Sequence[tuple[str, str]]:
        """Pairs of ids: the second waited for the first."""
        first = next(iter(self.vertices), "")
        found = []
        for name, vertex in self.vertices.items():
            parents = [parent for parent in vertex.node.parents if parent in self.vertices]
            if not parents and name != first:
                parents = [first]
            found += [(parent, name) for parent in parents]
        return found

    def places(self) -> Mapping[str, tuple[int, int]]:
        """Id → (row, column): everything stands below all that it waited for."""
        rows: dict[str, int] = {}
        above: dict[str, list[str]] = {}
        for parent, child in self.edges():
            above.setdefault(child, []).append(parent)
        for name in self.vertices:
            rows[name] = max((rows[parent] + 1 for parent in above.get(name, ()) if parent in rows), default=0)
        taken: dict[int, int] = {}
        places = {}
        for name, row in rows.items():
            places[name] = (row, taken.get(row, 0))
            taken[row] = taken.get(row, 0) + 1
        return places


def _went_well(node: Node) -> bool:
    if node.attempts:
        return node.attempts[-1].outcome == "ok"
    return node.outcome not in ("failed", "error", "cancelled")


def _node(kept: Mapping[str, Any]) -> Node:
    attempts = [
        {**attempt, "usage": Usage(**attempt["usage"]) if attempt["usage"] else None} for attempt in kept["attempts"]
    ]
    attempts = [{**one, "error": ErrorInfo(**one["error"]) if one["error"] else None} for one in attempts]
    return Node(**{**kept, "parents": tuple(kept["parents"]), "attempts": tuple(Attempt(**one) for one in attempts)})
