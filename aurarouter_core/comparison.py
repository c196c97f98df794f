"""Several models on the same task, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from attrs import evolve, frozen

from aurarouter_core.cost import summed
from aurarouter_core.plain import error_info
from aurarouter_hooks import AllModelsFailedError, Attempt, AuraRouterError, ErrorInfo, Kernel, Task, Usage
from aurarouter_hooks.values import new_id

AT_ONCE = 4
"""Models that answer at the same time."""


@frozen(kw_only=True)
class Side:
    """What one model made of the task.

    Attributes:
        success: It answered to the end.
        text: Its answer, as far as it got.
        first_token: Seconds until its first content; None when none came.
        seconds: How long it took, with further keys of its own if it needed them, without the wait for its turn.
        usage, cost: Of all its attempts; None when unknown.
        attempts: Its attempts; none when it was not even asked.
        error: Why there is no answer, or why it stops short.
        trace_id: The id of this side's own trace; "" when there is no answer.
    """

    model: str
    success: bool = False
    text: str = ""
    first_token: float | None = None
    seconds: float | None = None
    usage: Usage | None = None
    cost: float | None = None
    error: ErrorInfo | None = None
    attempts: tuple[Attempt, ...] = ()
    trace_id: str = ""


async def compare(
    router: Kernel,
    task: Task,
    models: Sequence[str],
    *,
    at_once: int = AT_ONCE,
    hear: Callable[[Side], Awaitable[None]] | None = None,
) -> list[Side]:
    """Ask each model by itself, in the order given. What one may not see or can't answer is that side's error alone.

    Cancelling this cancels all of them.

    Args:
        router: Asks them.
        task: Its wishes for a role or a model don't count.
        models: Their ids; one that comes twice is asked once.
        at_once: How many are asked at the same time. Models that share a machine slow each other down.
        hear: Told each side as soon as it is there, in the order in which they end.
    """
    room = asyncio.Semaphore(at_once)

    async def ask(model: str) -> Side:
        async with room:
            alone = evolve(task, model=model, role=None, mode="direct", id=new_id())
            try:
                done = await router.run(alone)
            except AllModelsFailedError as error:
                failed = error.attempts[-1].error if error.attempts else None
                return _side(model, error.attempts, error=failed or error_info(error))
            except AuraRouterError as error:
                return Side(model=model, error=error_info(error))
            side = _side(model, done.trace.attempts, error=done.trace.error)
            return evolve(side, success=done.complete, text=done.text, trace_id=done.trace.id)

    async def ask_and_tell(model: str) -> Side:
        side = await ask(model)
        if hear is not None:
            await hear(side)
        return side

    asked = [asyncio.create_task(ask_and_tell(model)) for model in dict.fromkeys(models)]
    try:
        return list(await asyncio.gather(*asked))
    finally:
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


def _side(model: str, attempts: Sequence[Attempt], *, error: ErrorInfo | None) -> Side:
    usage: Usage | None = None
    for attempt in attempts:
        if attempt.usage is not None:
            usage = attempt.usage if usage is None else usage + attempt.usage
    first = attempts[-1].first_token if attempts else None
    return Side(
        model=model,
        first_token=None if first is None else sum(attempt.seconds for attempt in attempts[:-1]) + first,
        seconds=sum(attempt.seconds for attempt in attempts) if attempts else None,
        usage=usage,
        cost=summed(attempt.cost for attempt in attempts),
        error=error,
        attempts=tuple(attempts),
    )
