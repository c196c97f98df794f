"""What an attempt amounts to, seen from outside its middleware: time, tokens, cost, outcome."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from attrs import define, field

from aurarouter_core.plain import error_info
from aurarouter_hooks import (
    Attempt,
    Chunk,
    Committed,
    Delta,
    Event,
    Model,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    ProviderError,
    Reply,
    RoutingError,
    Usage,
)

CHARACTERS_PER_TOKEN = 4
"""For estimates where a backend counts nothing."""


@define(eq=False)
class Tally:
    """Follows the events of one attempt. `began` is in seconds since the task did."""

    number: int
    model: Model
    prompt: Prompt
    began: float
    clock: float = field(factory=time.perf_counter)
    first_token: float | None = None
    chunks: list[Chunk] = field(factory=list)

    @property
    def committed(self) -> bool:
        """Something was shown to the user."""
        return self.first_token is not None

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, Delta):
            self.chunks.append(event.chunk)
        elif isinstance(event, Committed):
            self.commit()

    def commit(self) -> None:
        """Content is about to be shown."""
        self.first_token = time.perf_counter() - self.clock

    def attempt(self, reply: Reply, error: BaseException | None = None) -> Attempt:
        """The attempt as a value."""
        outcome: Literal["ok", "failed", "incomplete", "cancelled", "error"]
        if error is None:
            outcome = "ok"
        elif isinstance(error, ProviderError | PrivacyError | NoModelLeftError) or (
            self.committed and isinstance(error, RoutingError)
        ):
            outcome = "incomplete" if self.committed else "failed"
        else:
            outcome = "cancelled" if isinstance(error, asyncio.CancelledError | GeneratorExit) else "error"
        usage = reply.usage or (self._estimate(reply) if self.committed else None)
        price = self.model.price
        return Attempt(
            number=self.number,
            model=self.model.id,
            provider=self.model.provider,
            started=self.began,
            seconds=time.perf_counter() - self.clock,
            first_token=self.first_token,
            outcome=outcome,
            error=error_info(error) if error is not None else None,
            usage=usage,
            cost=_cost(usage, price.input, price.output, price.cached_input) if usage and price else None,
            finish=reply.finish if error is None else None,
            request_id=reply.request_id,
            model_name=reply.model_name,
            span_id=self.prompt.trace_context.span_id if self.prompt.trace_context else "",
        )

    def _estimate(self, reply: Reply) -> Usage:
        prompt = sum(len(message.text) for message in self.prompt.messages)
        answer = len(reply.text) + len(reply.reasoning) + sum(len(call.arguments) for call in reply.tool_calls)
        return Usage(
            input_tokens=-(-prompt // CHARACTERS_PER_TOKEN),
            output_tokens=-(-answer // CHARACTERS_PER_TOKEN),
            estimated=True,
        )


def _cost(usage: Usage, per_input: float, per_output: float, per_cached: float | None) -> float:
    cached = usage.cached_input_tokens if per_cached is not None else 0
    total = (usage.input_tokens - cached) * per_input + usage.output_tokens * per_output
    return (total + cached * (per_cached or 0.0)) / 1e6
