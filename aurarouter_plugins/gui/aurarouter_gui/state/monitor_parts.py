"""What the monitor shows, part by part, and each part as a table for a file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from aurarouter_core import AuditRow
from aurarouter_gui.state.figures import Figures
from aurarouter_gui.state.table_file import Sheet
from aurarouter_gui.state.words import Trouble
from aurarouter_hooks import Health

BREAKERS = {"open": "open", "half_open": "half open"}
USED = (
    "day", "tasks", "failed", "attempts", "failures", "input_tokens", "output_tokens", "cost", "unpriced", "spared",
    "saved",
)  # fmt: skip


def instant(at: float) -> str:
    """A time for a file: UTC, sortable."""
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))


def moment(at: float) -> str:
    """A time for people: local, with the day unless it is today."""
    then, now = time.localtime(at), time.localtime()
    return time.strftime("%H:%M:%S" if then[:3] == now[:3] else "%Y-%m-%d %H:%M:%S", then)


@frozen(kw_only=True)
class ModelHealth:
    """How a model is, and how it did lately."""

    name: str
    health: Health
    figures: Figures

    @property
    def breaker(self) -> str:
        """Whether the circuit breaker lets tasks through."""
        return BREAKERS.get(self.health.state, "closed")


@frozen(kw_only=True)
class Part:
    """What all of them have: why something that belongs to it could not be read."""

    trouble: Trouble | None = None


@frozen(kw_only=True)
class HealthPart(Part):
    """All models; the figures are those of the latest `traces` tasks."""

    models: Sequence[ModelHealth] = ()
    traces: int = 0

    @property
    def sheet(self) -> Sheet:
        """As a table."""
        titles = ("model", "state", "detail", "breaker", "retry_in", "attempts", "failures", "median_seconds",
                  "median_first_token", "last_error", "last_error_at")  # fmt: skip
        rows = [
            (one.name, one.health.state, one.health.detail, one.breaker, one.health.retry_in, one.figures.attempts,
             one.figures.failures, one.figures.seconds, one.figures.first, one.figures.error,
             instant(one.figures.error_at) if one.figures.error else "")
            for one in self.models
        ]  # fmt: skip
        return Sheet(name="health", titles=titles, rows=rows)


@frozen(kw_only=True)
class TrafficPart(Part):
    """What was asked and what it cost.

    Attributes:
        since, step: The time that `stretches` cover, and how long each is, in seconds.
        stretches: As `Store.traffic` gives them; those in which nothing was asked are missing.
        days: Usage of each of the last days, as `Store.usage` sums it; with `saved` where there is a reference.
        reference: The model that savings are told against; "" for none.
    """

    since: float = 0.0
    step: float = 1.0
    stretches: Sequence[Mapping[str, Any]] = ()
    days: Sequence[Mapping[str, Any]] = ()
    reference: str = ""

    @property
    def tasks(self) -> int:
        """Tasks in the time shown."""
        return sum(one["tasks"] for one in self.stretches)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(one["failed"] for one in self.stretches)

    @property
    def cost(self) -> float | None:
        """US dollars of all days; None where no price is known."""
        known = [day["cost"] for day in self.days if day["cost"] is not None]
        return sum(known) if known else None

    @property
    def unpriced(self) -> int:
        """Attempts whose price is unknown, so that `cost` is less than the truth."""
        return sum(day["unpriced"] for day in self.days)

    @property
    def saved(self) -> float | None:
        """US dollars saved against the reference; None where that is unknown for every day."""
        known = [day["saved"] for day in self.days if day.get("saved") is not None]
        return sum(known) if known else None

    @property
    def spared(self) -> float:
        """US dollars that answers without a backend have spared."""
        return float(sum(day["spared"] for day in self.days))

    @property
    def sheet(self) -> Sheet:
        """The days as a table."""
        return Sheet(name="usage", titles=USED, rows=[[day.get(name) for name in USED] for day in self.days])


@frozen(kw_only=True)
class PrivacyPart(Part):
    """The audit of private data.

    Attributes:
        since: From when on every row is there, in Unix time; None where nothing was ever written down.
        rows: Newest first.
    """

    since: float | None = None
    rows: Sequence[AuditRow] = field(default=(), repr=False)

    @property
    def sums(self) -> Sequence[tuple[str, str, str, int]]:
        """(rule, here or remote, what became of it, attempts)."""
        found: Counter[tuple[str, str, str]] = Counter()
        for row in self.rows:
            each = {(one.rule, where(row), one.fate) for one in row.findings}
            found.update(each or {("(declared)", where(row), row.action)})
        return [(*key, count) for key, count in sorted(found.items())]

    @property
    def sheet(self) -> Sheet:
        """As a table; it names rules, never text."""
        titles = ("at", "action", "model", "provider", "where", "host", "rules", "why", "private", "surface", "app",
                  "task", "trace", "configuration")  # fmt: skip
        rows = [
            (instant(row.at), row.action, row.model, row.provider, where(row), row.host, rules(row), row.why,
             row.private, row.surface, row.app, row.task, row.trace, row.configuration)
            for row in self.rows
        ]  # fmt: skip
        return Sheet(name="privacy", titles=titles, rows=rows)


def where(row: AuditRow) -> str:
    """On this machine, elsewhere, or nowhere."""
    return "here" if row.here else "remote" if row.model else "–"


def rules(row: AuditRow) -> str:
    """What was found, by rule."""
    found = Counter(one.rule for one in row.findings)
    return ", ".join(f"{rule} ×{count}" if count > 1 else rule for rule, count in found.items()) or "declared private"


@frozen(kw_only=True)
class TracesPart(Part):
    """The latest tasks as plain data, newest first."""

    traces: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    @property
    def sheet(self) -> Sheet:
        """As a table, without prompts."""
        titles = ("at", "id", "complete", "intent", "role", "model", "seconds", "input_tokens", "output_tokens", "cost",
                  "private", "surface", "app", "error")  # fmt: skip
        return Sheet(name="traces", titles=titles, rows=[_trace(trace) for trace in self.traces])


def answered_by(trace: Mapping[str, Any]) -> str:
    """The model that was tried last."""
    tried = [attempt["model"] for node in trace["nodes"] for attempt in node["attempts"]]
    return tried[-1] if tried else ""


def _trace(trace: Mapping[str, Any]) -> Sequence[Any]:
    decision, usage = trace.get("decision") or {}, trace["usage"]
    return (
        instant(trace["started_at"]), trace["id"], trace["complete"], decision.get("intent", ""),
        decision.get("role", ""), answered_by(trace), trace["seconds"], usage["input_tokens"], usage["output_tokens"],
        trace["cost"], trace["private"], trace["surface"], trace["app"], (trace.get("error") or {}).get("message", ""),
    )  # fmt: skip
