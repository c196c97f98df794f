"""The limits as middleware: around a task for its app, around an attempt for its model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Literal

from attrs import frozen

from aurarouter_core import UNBILLED, characters, count_tokens
from aurarouter_hooks import (
    AttemptDone,
    AttemptFailed,
    AttemptStarted,
    AuraRouterError,
    BudgetError,
    Call,
    Delta,
    Event,
    Middleware,
    Proceed,
    Progress,
    ProviderRateLimitedError,
    Usage,
)
from aurarouter_limits.gate import Gate, Refused
from aurarouter_limits.settings import Limit, LimitsSettings

NAMELESS = "(no app)"
CHARACTERS_PER_TOKEN = 4
"""For estimates where a backend counts nothing."""


@frozen(kw_only=True)
class Passage:
    """What a call has to pass.

    Attributes:
        name: The limit's.
        whose: In words.
        setting: Where it is set.
        who: Takes turns with others in the line.
        patience: Seconds that it may wait.
        refusal: Makes the error: of its words, what to do, and when to ask again.
    """

    name: str
    whose: str
    setting: str
    who: str
    limit: Limit
    patience: float
    refusal: Callable[[str, str, float], AuraRouterError]


class _Limiting(Middleware):
    """Lets a call pass once its limit allows it.

    Args:
        gate: Of the router; asked for when it is first needed.
    """

    def __init__(self, gate: Callable[[], Gate]) -> None:
        self._gate = gate

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """The call's events, after it has waited its turn."""
        settings: LimitsSettings = call.settings["limits"]
        passage = self._passage(call, settings)
        return proceed(call) if passage is None else self._passed(call, proceed, passage, settings.queue)

    def _passage(self, call: Call, settings: LimitsSettings) -> Passage | None:
        raise NotImplementedError

    async def _passed(self, call: Call, proceed: Proceed, passage: Passage, queue: int) -> AsyncGenerator[Event]:
        gate, limit = self._gate(), passage.limit
        tokens = count_tokens(call.task) if limit.tokens_per_minute is not None else 0
        if passage.patience and gate.is_crowded(passage.name):
            yield Progress(what=f"waiting for the limit of {passage.whose}")
        try:
            place = await gate.enter(passage.name, limit, tokens, passage.who, queue, passage.patience)
        except Exception as error:
            words = f"the limit of {passage.whose} can't be kept: {error}"
            hint = error.hint if isinstance(error, AuraRouterError) else ""
            raise passage.refusal(words, hint or "Take the limit out of the configuration.", 60.0) from error
        if isinstance(place, Refused):
            words = f"the limit of {passage.whose} is reached: {place.why}"
            hint = f"Ask again in {place.retry_after:.1f} s, or raise '{passage.setting}'."
            raise passage.refusal(words, hint, place.retry_after)
        used = Used(call)
        try:
            async with aclosing(proceed(call)) as events:
                async for event in events:
                    used.see(event)
                    yield event
        except UNBILLED:
            used.refused()
            raise
        finally:
            gate.leave(place, limit, used.tokens - tokens)


class ForApps(_Limiting):
    """Around a task: it counts once, whatever it is made of."""

    scope: Literal["task", "attempt"] = "task"
    order = -800

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """Where an app is limited."""
        limits: LimitsSettings = settings["limits"]
        return any(limit.is_set for limit in (limits.each_app, *limits.apps.values()))

    def _passage(self, call: Call, settings: LimitsSettings) -> Passage | None:
        app = call.task.app
        limit = settings.apps.get(app, settings.each_app)
        if not limit.is_set:
            return None

        def refusal(words: str, hint: str, seconds: float) -> AuraRouterError:
            return BudgetError(words, hint=hint, retry_after=seconds)

        return Passage(
            name=f"app:{app}",
            whose=f"the app '{app or NAMELESS}'",
            setting=f"limits.apps.{app}" if app in settings.apps else "limits.each_app",
            who="",
            limit=limit,
            patience=settings.patience,
            refusal=refusal,
        )


class ForModels(_Limiting):
    """Around an attempt, inside the cache: a model that is at its limit is passed over where another one may answer."""

    scope: Literal["task", "attempt"] = "attempt"
    order = 950

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """Where a model is limited."""
        limits: LimitsSettings = settings["limits"]
        return any(limit.is_set for limit in (limits.each_model, *limits.models.values()))

    def _passage(self, call: Call, settings: LimitsSettings) -> Passage | None:
        assert call.model is not None  # noqa: S101 - there is one around every attempt
        model, provider = call.model.id, call.model.provider
        limit = settings.models.get(model, settings.each_model)
        if not limit.is_set:
            return None

        def refusal(words: str, hint: str, seconds: float) -> AuraRouterError:
            return ProviderRateLimitedError(words, hint=hint, retry_after=seconds, model=model, provider=provider)

        return Passage(
            name=f"model:{model}",
            whose=f"the model '{model}'",
            setting=f"limits.models.{model}" if model in settings.models else "limits.each_model",
            who=call.task.app,
            limit=limit,
            patience=settings.patience if call.decision.chain[-1:] == (model,) else 0.0,
            refusal=refusal,
        )


class Used:
    """The tokens that a task or an attempt took. What broke off had been read, whoever hung up.

    Args:
        call: Around a task, whose attempts are told whole; or around an attempt, of which its pieces alone are.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._counted = 0
        self._shown = 0
        self._last: Usage | None = None
        self._under_way = call.model is not None

    def see(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, Delta):
            chunk = event.chunk
            self._shown += len(chunk.text) + len(chunk.reasoning)
            self._shown += sum(len(each.arguments) for each in chunk.tool_calls)
            self._last = chunk.usage or self._last
        elif isinstance(event, AttemptStarted):
            self._under_way = True
        elif isinstance(event, AttemptDone | AttemptFailed):
            usage = event.attempt.usage
            if usage is not None:
                self._counted += usage.input_tokens + usage.output_tokens
            self._shown, self._last, self._under_way = 0, None, False

    def refused(self) -> None:
        """The backend did nothing, unless something was shown."""
        self._under_way = self._shown > 0

    @property
    def tokens(self) -> int:
        """All of them, as far as it is known."""
        if not self._under_way:
            return self._counted
        if self._last is not None:
            return self._counted + self._last.input_tokens + self._last.output_tokens
        return self._counted + -(-(self._read() + self._shown) // CHARACTERS_PER_TOKEN)

    def _read(self) -> int:
        """Characters that the backend was sent."""
        task, prompt = self._call.task, self._call.prompt
        if prompt is not None:
            return characters(prompt.messages)
        return len(task.text) + len(task.context) + characters(task.messages)
