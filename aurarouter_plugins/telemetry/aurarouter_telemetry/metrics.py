"""What is counted of each task: every label is a name of the configuration's or of our own, never a user's word."""

from __future__ import annotations

from aurarouter_hooks import Attempt, Trace
from aurarouter_telemetry.exposition import Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
MICROSECONDS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 1e-1, 1.0)


class Metrics:
    """The counters of one router. All of it happens on the router's own event loop."""

    def __init__(self) -> None:
        self._tasks = Counter("aurarouter_tasks_total", "Tasks that ended.", "role", "surface", "app", "outcome")
        self._seconds = Histogram("aurarouter_task_duration_seconds", "Whole tasks.", SECONDS, "role", "outcome")
        self._deciding = Histogram("aurarouter_decision_duration_seconds", "Deciding where to go.", MICROSECONDS)
        self._private = Counter("aurarouter_private_tasks_total", "Tasks that were declared or found private.")
        self._attempts = Counter(
            "aurarouter_attempts_total", "Attempts at models.", "model", "provider", "outcome", "error"
        )
        self._attempt_seconds = Histogram(
            "aurarouter_attempt_duration_seconds", "Attempts at models.", SECONDS, "model", "provider", "outcome"
        )
        self._first = Histogram(
            "aurarouter_time_to_first_token_seconds", "From an attempt's start.", SECONDS, "model", "provider"
        )
        self._tokens = Counter("aurarouter_tokens_total", "Tokens that backends used.", "model", "provider", "direction")
        self._cost = Counter("aurarouter_cost_dollars_total", "What attempts cost, as far as known.", "model", "provider")
        self._unasked = Counter(
            "aurarouter_unasked_answers_total", "Answers given in the backend's place.", "model", "provider"
        )
        self._spared = Counter(
            "aurarouter_spared_dollars_total", "What those would have cost, as far as known.", "model", "provider"
        )

    def see(self, trace: Trace) -> None:
        """Count a task that ended."""
        decision = trace.decision
        role = decision.role if decision is not None else ""
        outcome = "ok" if trace.complete else "failed" if trace.error is None else trace.error.type
        self._tasks.add(1, role, trace.surface, trace.app, outcome)
        self._seconds.see(trace.seconds, role, "ok" if trace.complete else "failed")
        if trace.private:
            self._private.add(1)
        for node in trace.nodes:
            if node.id == "analyse":
                self._deciding.see(node.seconds)
            for attempt in node.attempts:
                self._see(attempt)

    def _see(self, attempt: Attempt) -> None:
        model, provider, outcome = attempt.model, attempt.provider, attempt.outcome
        self._attempts.add(1, model, provider, outcome, attempt.error.type if attempt.error is not None else "")
        self._attempt_seconds.see(attempt.seconds, model, provider, outcome)
        if attempt.first_token is not None:
            self._first.see(attempt.first_token, model, provider)
        if (usage := attempt.usage) is not None:
            self._tokens.add(usage.input_tokens, model, provider, "input")
            self._tokens.add(usage.output_tokens, model, provider, "output")
        if attempt.cost:
            self._cost.add(attempt.cost, model, provider)
        if not attempt.asked and outcome == "ok":
            self._unasked.add(1, model, provider)
            self._spared.add(attempt.spared or 0.0, model, provider)

    def text(self) -> str:
        """All of it in Prometheus' text format."""
        families = [family for family in vars(self).values() if isinstance(family, Counter | Histogram)]
        return "".join(f"{line}\n" for family in families for line in family.lines())
