"""What is counted of each task: every label is a name of the configuration's or of our own, never a user's word."""

from __future__ import annotations

from typing import NamedTuple

from aurarouter_hooks import Attempt, Trace
from aurarouter_telemetry.exposition import Counter, Histogram, Spread, Sum

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
MICROSECONDS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 1e-1, 1.0)
REMEMBERED = 1000
"""Combinations whose series are found at once."""
MODEL = ("model", "provider")


class _Tried(NamedTuple):
    """The series that an attempt counts in."""

    attempts: Sum
    seconds: Spread
    first: Spread
    input: Sum
    output: Sum
    cost: Sum
    unasked: Sum
    spared: Sum


class Metrics:
    """The counters of one router. All of it happens on the router's own event loop."""

    def __init__(self) -> None:
        self._tasks = Counter("aurarouter_tasks_total", "Tasks that ended.", "role", "surface", "app", "outcome")
        self._seconds = Histogram("aurarouter_task_duration_seconds", "Whole tasks.", SECONDS, "role", "outcome")
        self._deciding = Histogram("aurarouter_decision_duration_seconds", "Deciding where to go.", MICROSECONDS)
        self._private = Counter("aurarouter_private_tasks_total", "Tasks that were declared or found private.")
        self._attempts = Counter("aurarouter_attempts_total", "Attempts at models.", *MODEL, "outcome", "error")
        self._attempt_seconds = Histogram(
            "aurarouter_attempt_duration_seconds", "Attempts at models.", SECONDS, *MODEL, "outcome"
        )
        self._first = Histogram("aurarouter_time_to_first_token_seconds", "From an attempt's start.", SECONDS, *MODEL)
        self._tokens = Counter("aurarouter_tokens_total", "Tokens that backends used.", *MODEL, "direction")
        self._cost = Counter("aurarouter_cost_dollars_total", "What attempts cost, as far as known.", *MODEL)
        self._unasked = Counter("aurarouter_unasked_answers_total", "Answers given in the backend's place.", *MODEL)
        self._spared = Counter("aurarouter_spared_dollars_total", "What those would have cost.", *MODEL)
        self._known_tasks: dict[tuple[str, ...], tuple[Sum, Spread]] = {}
        self._known_attempts: dict[tuple[str, ...], _Tried] = {}

    def see(self, trace: Trace) -> None:
        """Count a task that ended."""
        outcome = "ok" if trace.complete else "failed" if trace.error is None else trace.error.type
        role = trace.decision.role if trace.decision is not None else ""
        key = role, trace.surface, trace.app, outcome
        tasks, seconds = self._known_tasks.get(key) or self._of_task(key)
        tasks.value += 1
        seconds.see(trace.seconds)
        if trace.private:
            self._private.of().value += 1
        for node in trace.nodes:
            if node.id == "analyse":
                self._deciding.of().see(node.seconds)
            for attempt in node.attempts:
                self._see(attempt)

    def _see(self, attempt: Attempt) -> None:
        error = "" if attempt.error is None else attempt.error.type
        key = attempt.model, attempt.provider, attempt.outcome, error
        tried = self._known_attempts.get(key) or self._of_attempt(key)
        tried.attempts.value += 1
        tried.seconds.see(attempt.seconds)
        if attempt.first_token is not None:
            tried.first.see(attempt.first_token)
        if (usage := attempt.usage) is not None:
            tried.input.value += usage.input_tokens
            tried.output.value += usage.output_tokens
        if attempt.cost:
            tried.cost.value += attempt.cost
        if not attempt.asked and attempt.outcome == "ok":
            tried.unasked.value += 1
            tried.spared.value += attempt.spared or 0.0

    def _of_task(self, key: tuple[str, ...]) -> tuple[Sum, Spread]:
        made = self._tasks.of(*key), self._seconds.of(key[0], "ok" if key[-1] == "ok" else "failed")
        if len(self._known_tasks) < REMEMBERED:
            self._known_tasks[key] = made
        return made

    def _of_attempt(self, key: tuple[str, ...]) -> _Tried:
        model, provider, outcome, _ = key
        made = _Tried(
            attempts=self._attempts.of(*key),
            seconds=self._attempt_seconds.of(model, provider, outcome),
            first=self._first.of(model, provider),
            input=self._tokens.of(model, provider, "input"),
            output=self._tokens.of(model, provider, "output"),
            cost=self._cost.of(model, provider),
            unasked=self._unasked.of(model, provider),
            spared=self._spared.of(model, provider),
        )
        if len(self._known_attempts) < REMEMBERED:
            self._known_attempts[key] = made
        return made

    def text(self) -> str:
        """All of it in Prometheus' text format."""
        families = [family for family in vars(self).values() if isinstance(family, Counter | Histogram)]
        return "".join(f"{line}\n" for family in families for line in family.lines())
