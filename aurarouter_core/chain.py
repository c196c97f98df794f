"""One node's work: its chain of models, tried in turn until one answers, told as typed events."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial

from aurarouter_core import made
from aurarouter_core.attempt import attempt_events
from aurarouter_core.clocks import within
from aurarouter_core.order import Order
from aurarouter_core.plain import error_info
from aurarouter_core.prompts import prompt_for
from aurarouter_core.refusal import all_failed, nothing_left
from aurarouter_core.rotation import Turn
from aurarouter_core.running import Run
from aurarouter_core.tally import Tally, moves_on
from aurarouter_core.wallet import doubtful
from aurarouter_core.wrapping import wrapped
from aurarouter_hooks import (
    Attempt,
    AttemptDone,
    AttemptFailed,
    Call,
    Committed,
    Delta,
    Event,
    Model,
    Node,
    NodeFinished,
    NodeStarted,
    Noted,
    PluginBrokenError,
    Progress,
    Prompt,
    ProviderError,
    ProviderReplyError,
    ProviderTimeoutError,
    Reply,
    RoutingError,
)

log = logging.getLogger(__name__)
GRACE = 0.04
"""Seconds that the attempt's own clocks get to act at the task's deadline, before it ends whatever surrounds them."""
SAID_ENOUGH = ("stop", "length", "content_filter")
"""How an answer ends that may have no words."""
WITHIN_ATTEMPT = (Progress, Noted, Committed, Delta)


async def node_events(run: Run, call: Call, node: Node) -> AsyncGenerator[Event]:
    """All that a node tells, from NodeStarted to NodeFinished, and then `Done` with its answer.

    An answer without a word is a failure while another model may have more to say. Where none has, it is the answer
    after all, if its model says that it was whole.

    Args:
        run: Whose decision settles the chain and the limits; a plan's step has one of its own.
        call: Around the node; its task is what the models are sent.
        node: As it begins.

    Raises:
        RoutingError: No model may be tried, or each was tried and failed.
        PluginMissingError: Only models of plugins that are not installed are configured.
    """
    chain = run.decision.chain
    if not chain:
        raise nothing_left(run.decision, run.snapshot, run.pool.locations)
    yield NodeStarted(node=node)
    layers = run.snapshot.attempt_layers
    attempts: list[Attempt] = []
    order = Order(run, chain)
    silent: Reply | None = None
    while True:
        candidate = order.next()
        if candidate is None and silent is None and not run.late:
            async with aclosing(order.come_back()) as waiting:
                async for progress in waiting:
                    yield progress
            candidate = order.next()
        if candidate is None:
            break
        name, turn, number = candidate.name, candidate.turn, len(attempts) + 1
        model = run.snapshot.models[name]
        prompt = prompt_for(call.task, model, run.recorder.span())
        tally = Tally(
            number=number, model=model, prompt=prompt, began=run.recorder.elapsed, locations=run.pool.locations
        )
        yield made.attempt_started(node=node.id, number=number, model=name, provider=model.provider)
        error: BaseException | None = None
        left = False
        try:
            proceed = wrapped(layers, partial(attempt_events, run, node.id, model, turn, prompt))
            answering = proceed(_attempt_call(call, model, prompt, number, run.is_private))
            if run.deadline is not None:
                answering = within(answering, run.deadline + GRACE, partial(run.clean_up_cut_off, "middleware"))
            async with aclosing(answering) as events:
                async for event in events:
                    if not isinstance(event, WITHIN_ATTEMPT):
                        raise _out_of_place(event)
                    if not tally.committed and isinstance(event, Delta) and event.chunk.has_content:
                        tally.commit()  # a middleware answered by itself
                        left = True  # unless they come back for more
                        yield made.committed(node=node.id, model=name)
                        left = False
                    if tally.committed and isinstance(event, Committed):
                        continue
                    tally.see(event)
                    left = True
                    yield event
                    left = False
            if not tally.committed:
                raise ProviderReplyError("the answer is empty")
            if run.embeds and not any(chunk.vectors for chunk in tally.chunks):
                raise ProviderReplyError("the answer holds no vectors")
        except BaseException as failure:
            # Once something was shown, any refusal leaves an incomplete answer.
            if left or not (moves_on(failure, name) or (tally.committed and isinstance(failure, RoutingError))):
                ended = _ended(run, tally, turn, Reply.from_chunks(tally.chunks), failure)
                run.snapshot.plugins.attempt_finished(ended)
                if left or not isinstance(failure, Exception):  # cancelled or closed: nobody listens any more
                    run.recorder.see(AttemptFailed(attempt=ended))
                    raise
                yield AttemptFailed(attempt=ended)
                yield _finished(run, node, [*attempts, ended], order, "failed")
                raise
            error = failure
        reply, turn.silent = turn.silent or Reply.from_chunks(tally.chunks), None
        if not tally.committed and node.kind == "answer" and reply.finish in SAID_ENOUGH:
            silent = reply
        await _placed(run, model, turn)
        attempt = _ended(run, tally, turn, reply, error)
        if error is not None:
            order.failed(candidate, error)
        if isinstance(error, ProviderError):
            error.model, error.provider = error.model or name, error.provider or model.provider
        attempts.append(attempt)
        log.info("attempt %d at '%s'%s: %s after %.3f s", number, name, turn, attempt.outcome, attempt.seconds)
        run.snapshot.plugins.attempt_finished(attempt)
        yield AttemptDone(attempt=attempt) if error is None else AttemptFailed(attempt=attempt)
        if error is None or tally.committed:
            yield _finished(run, node, attempts, order, attempt.outcome)
            info = error_info(error) if error is not None else None
            yield made.done(reply=reply, trace=run.recorder.trace(info), complete=error is None)
            return
        if run.late:
            break
    if silent is not None:
        yield _finished(run, node, attempts, order, "ok")
        yield made.done(reply=silent, trace=run.recorder.trace())
        return
    yield _finished(run, node, attempts, order, "failed")
    raise all_failed(run.decision, attempts, order.passed_over)


async def _placed(run: Run, model: Model, turn: Turn) -> None:
    """Where a model without a price runs is asked once, after its first attempt: what runs here costs nothing."""
    if turn.asked and doubtful([model], run.pool.locations) and not run.late:
        with suppress(ProviderTimeoutError):  # the deadline comes first, and the cost stays unknown
            async with run.in_time():
                await run.pool.where(model, run.snapshot.config.models[model.id], run.snapshot.plugins)


def _ended(run: Run, tally: Tally, turn: Turn, reply: Reply, error: BaseException | None) -> Attempt:
    """The attempt as a value; what was set aside for it is settled.

    Where a middleware had the backend asked more than once, all of it counts: to the full where one was not counted.
    """
    holds, used, turn.holds, turn.used = turn.holds, turn.used, [], []
    attempt = tally.attempt(reply, error, asked=turn.asked, used=sum(used[1:], used[0]) if used else None)
    known = len(holds) < 2 or len(used) == len(holds)
    for place, hold in enumerate(holds):
        cost = (0.0 if place else attempt.cost) if known else None
        run.pool.wallet.settle(hold, cost, run.snapshot.config.budget.limits(run.task.app))
    return attempt


def _out_of_place(event: Event) -> PluginBrokenError:
    kinds = ", ".join(kind.__name__ for kind in WITHIN_ATTEMPT)
    return PluginBrokenError(
        f"a middleware around an attempt told {type(event).__name__}; only {kinds} may come from there",
        plugin="middleware",
        hint="See 'aurarouter plugins' for who brings middleware.",
    )


def _attempt_call(call: Call, model: Model, prompt: Prompt, number: int, is_private: Callable[[], bool]) -> Call:
    return made.call(
        task=call.task,
        decision=call.decision,
        constraint=call.constraint,
        model=model,
        prompt=prompt,
        attempt=number,
        settings=call.settings,
        is_private=is_private,
    )


def _finished(run: Run, node: Node, attempts: Sequence[Attempt], order: Order, outcome: str) -> NodeFinished:
    whole = made.node(
        id=node.id,
        kind=node.kind,
        parents=node.parents,
        label=node.label,
        role=node.role,
        started=node.started,
        seconds=run.recorder.elapsed - node.started,
        outcome=outcome,
        attempts=tuple(attempts),
        skipped=order.passed_over,
        raw=node.raw,
    )
    return NodeFinished(node=whole)
