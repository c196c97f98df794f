"""What an attempt amounts to, seen from outside its middleware: time, tokens, cost, outcome."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Literal

from attrs import define, field

from aurarouter_core import made
from aurarouter_core.cost import cost, price_of
from aurarouter_core.length import characters
from aurarouter_core.plain import error_info
from aurarouter_hooks import (
    Attempt,
    BudgetError,
    Chunk,
    Committed,
    Delta,
    Event,
    Location,
    Model,
    NoModelLeftError,
    PrivacyError,
    Prompt,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    Reply,
    RoutingError,
    Usage,
)

CHARACTERS_PER_TOKEN = 4
"""For estimates where a backend counts nothing."""

UNBILLED = (
    ProviderAuthError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
    PrivacyError,
    NoModelLeftError,
    BudgetError,
)
"""What an attempt fails with before a backend has done anything that it charges for."""


@define(eq=False)
class Tally:
    """Follows the events of one attempt.

    Attributes:
        began: In seconds since the task did.
        committed: Something was shown to the user.
        locations: Where models ran when last asked: one that runs here costs nothing.
    """

    number: int
    model: Model
    prompt: Prompt
    began: float
    clock: int = field(factory=time.perf_counter_ns)
    first_token: float | None = None
    committed: bool = False
    chunks: list[Chunk] = field(factory=list)
    locations: Mapping[str, Location] = field(factory=dict)

    def see(self, event: Event) -> None:
        """Take note of an event.

        Raises:
            TypeError: It can't be put together with others.
        """
        if isinstance(event, Delta):
            self.chunks.append(_sound(event.chunk))
        elif isinstance(event, Committed):
            self.commit()

    def commit(self) -> None:
        """Content is about to be shown."""
        self.first_token, self.committed = (time.perf_counter_ns() - self.clock) / 1e9, True

    def attempt(
        self, reply: Reply, error: BaseException | None = None, *, asked: bool = True, used: Usage | None = None
    ) -> Attempt:
        """The attempt as a value.

        Args:
            reply: As it was passed on.
            error: What ended it.
            asked: It came as far as the backend.
            used: What the backend counted; None where it counted nothing.
        """
        outcome: Literal["ok", "failed", "incomplete", "cancelled", "error"]
        if error is None:
            outcome = "ok"
        elif moves_on(error, self.model.id) or (self.committed and isinstance(error, RoutingError)):
            outcome = "incomplete" if self.committed else "failed"
        else:
            outcome = "error" if isinstance(error, Exception) else "cancelled"
        billed = asked and (self.committed or not isinstance(error, UNBILLED))
        usage = used or reply.usage
        if usage is None and (self.committed or (billed and error is not None)):
            usage = self._estimate(reply)
        spared = None if asked or not self.committed else self._cost(usage, billed=True)
        return made.attempt(
            number=self.number,
            model=self.model.id,
            provider=self.model.provider,
            started=self.began,
            seconds=(time.perf_counter_ns() - self.clock) / 1e9,
            first_token=self.first_token,
            outcome=outcome,
            error=error_info(error) if error is not None else None,
            usage=usage if asked else None,
            cost=self._cost(usage, billed=billed),
            finish=reply.finish if error is None else None,
            request_id=reply.request_id,
            model_name=reply.model_name,
            span_id=self.prompt.trace_context.span_id if self.prompt.trace_context else "",
            asked=asked,
            spared=spared,
        )

    def _estimate(self, reply: Reply) -> Usage:
        prompt = characters(self.prompt.messages)
        answer = len(reply.text) + len(reply.reasoning) + sum(len(call.arguments) for call in reply.tool_calls)
        return Usage(
            input_tokens=-(-prompt // CHARACTERS_PER_TOKEN),
            output_tokens=-(-answer // CHARACTERS_PER_TOKEN),
            estimated=True,
        )

    def _cost(self, usage: Usage | None, *, billed: bool) -> float | None:
        """US dollars; None where tokens or price are unknown. What no backend was asked for costs nothing."""
        if not billed:
            return 0.0
        price = price_of(self.model, self.locations.get(self.model.id))
        return None if usage is None or price is None else cost(usage, price)


def _sound(chunk: Chunk) -> Chunk:
    """A chunk that can be joined to others. Plugins are strangers, and nothing checks what they put into one."""
    for text in (chunk.text, chunk.reasoning, *(call.arguments for call in chunk.tool_calls)):
        if not isinstance(text, str):
            raise TypeError(f"text, reasoning and arguments of a Chunk must be str, not {type(text).__name__}")
    if not all(isinstance(call.index, int) for call in chunk.tool_calls):
        raise TypeError("the index of each piece of a tool call must be an int")
    return chunk


def moves_on(error: BaseException, model: str) -> bool:
    """This ends an attempt, and not the node. A budget's error does where it rules out just this model."""
    if isinstance(error, BudgetError):
        return model in error.vetoes
    return isinstance(error, ProviderError | PrivacyError | NoModelLeftError)
