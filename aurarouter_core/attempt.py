"""One attempt at one model: fetch what it needs, clear it, stream its answer under the clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from attrs import evolve

from aurarouter_core import made, privacy
from aurarouter_core.abilities import keeps_to_schemas, not_allowed, refuse_incapable
from aurarouter_core.assets import download_size
from aurarouter_core.clocks import timed
from aurarouter_core.config import ModelEntry
from aurarouter_core.cost import believable
from aurarouter_core.fitness import unfit, wanted
from aurarouter_core.inspection import Inspection
from aurarouter_core.redaction import Redaction, redacted
from aurarouter_core.rotation import Turn
from aurarouter_core.running import Run
from aurarouter_core.vectors import embedded
from aurarouter_core.witness import Sight
from aurarouter_hooks import (
    AssetError,
    Call,
    Chunk,
    Constraint,
    Delta,
    Event,
    ForbiddenError,
    Model,
    NoModelLeftError,
    PrivacyError,
    Progress,
    Prompt,
    ProviderReplyError,
    ProviderUnavailableError,
    Reply,
    Usage,
)


async def attempt_events(
    run: Run, node: str, model: Model, turn: Turn, prompt: Prompt, call: Call
) -> AsyncGenerator[Event]:
    """The innermost events of an attempt, inside all middleware, with the next of the model's keys.

    Of what middleware changed in the call, only the prompt and further limits count: the model stays the one that
    was decided on. A prompt that is not the one that was made, or made of another task, is looked through anew.

    Raises:
        ProviderError: The attempt failed.
        PrivacyError, NoModelLeftError: The model may not have this task; nothing was sent.
    """
    entry = run.snapshot.config.models[model.id]
    if entry.asset is not None:
        async with aclosing(_fetched(run, model, entry)) as fetching:
            async for progress in fetching:
                yield progress
    line = run.pool.line(model, entry)
    if line.is_full:
        yield Progress(what=f"waiting for a place at '{model.id}', {line.waiting} tasks come first")
    loan = run.pool.borrow(model, entry, run.snapshot.plugins, turn)
    async with loan as provider:
        if call.prompt is None:
            raise ProviderReplyError("a middleware took the prompt away")
        found = run.snapshot.inspector.prompt(call.prompt)
        sight = Sight(node=node, number=call.attempt, model=model, prompt=call.prompt, found=found)
        try:
            limits = _limits(run, call, prompt, found)
            turn.private = limits.private or limits.here or bool(found.redacts)
            sight = await _located(run, sight, entry, limits)
            cleared, redaction = _cleared(run, sight, limits)
        except PrivacyError as refusal:
            await run.witness.refuses(sight, run.snapshot, run.recorder, str(refusal))
            raise
        refuse_incapable(provider, limits)
        if run.task.schema_optional and not keeps_to_schemas(provider):
            cleared = evolve(cleared, response_schema=None)
        if provider.model.model_path is not None:
            async with aclosing(loan.room(_patience(model, run))) as making:
                async for told in making:
                    yield told
        budget = run.snapshot.config.budget
        if budget.binds(run.task.app):
            location = run.pool.locations.get(model.id)
            async with run.in_time():
                cleared, hold = await run.pool.wallet.reserve(
                    budget, run.task.app, model, cleared, location, writes=not run.embeds
                )
            if hold is not None:
                turn.holds.append(hold)
        if redaction is not None:
            sight = evolve(sight, replaced=True)
        await run.witness.sees(sight, run.snapshot, run.recorder)
        committed = False
        used: Usage | None = None
        waiting: list[Chunk] = []
        answer = embedded(provider, cleared) if run.embeds else provider.stream(cleared)
        if redaction is not None and not run.embeds and _restores(run):
            answer = redaction.restored(answer)
        cut_off = partial(run.clean_up_cut_off, model.provider)
        try:
            async with aclosing(timed(answer, model.timeouts, run.deadline, cut_off)) as chunks:
                async for said in chunks:
                    chunk = said if said.usage is None or believable(said.usage) else evolve(said, usage=None)
                    used = chunk.usage or used
                    if committed:
                        yield Delta(chunk=chunk)
                        continue
                    waiting.append(chunk)
                    if chunk.has_content:
                        committed = True
                        loan.answers()
                        yield made.committed(node=node, model=model.id)
                        for early in waiting:
                            yield Delta(chunk=early)
        finally:
            if used is not None:
                turn.used.append(used)
        if not committed:
            turn.silent = Reply.from_chunks(waiting)


def _patience(model: Model, run: Run) -> float | None:
    """Until when an attempt waits for memory: its own time, or the task's."""
    limits = [limit for limit in (model.timeouts.first_token, model.timeouts.total) if limit is not None]
    own = asyncio.get_running_loop().time() + min(limits) if limits else None
    return min((end for end in (own, run.deadline) if end is not None), default=None)


async def _fetched(run: Run, model: Model, entry: ModelEntry) -> AsyncGenerator[Event]:
    """Progress of fetching the model's file; nothing when it is here."""
    try:
        spec = run.pool.spec(entry)
    except AssetError as error:
        raise ProviderUnavailableError(str(error), hint=error.hint) from error
    if spec is None or run.pool.file(entry) is not None:
        return
    try:
        run.pool.check_fetch(model, spec, run.snapshot.plugins)
    except AssetError as error:
        raise ProviderUnavailableError(str(error), hint=error.hint) from error
    what = f"fetching {spec.file} ({download_size(spec)})"
    news = asyncio.Event()
    latest: float | None = 0.0

    def progress(so_far: int, in_all: int | None) -> None:
        nonlocal latest
        latest = min(1.0, so_far / in_all) if in_all else None
        news.set()

    fetching = asyncio.create_task(run.pool.fetch_missing(model, entry, run.snapshot.plugins, progress))
    fetching.add_done_callback(lambda _: news.set())
    try:
        while not fetching.done():
            yield Progress(what=what, fraction=latest)
            async with run.in_time():
                await news.wait()
            news.clear()
    finally:
        fetching.cancel()
        await asyncio.wait({fetching})
    fetching.result()


def _limits(run: Run, call: Call, made: Prompt, found: Inspection) -> Constraint:
    """What holds for this attempt. Middleware can narrow it, never loosen it; what it added to the prompt counts.

    Raises:
        PrivacyError: A privacy rule blocks the prompt.
        PluginBrokenError: A plugin that limits tasks failed.
    """
    constraint = run.decision.constraint
    if call.constraint is not constraint:
        constraint |= call.constraint
    if call.task is not run.task:
        constraint |= wanted(call.task)
    private = found.constraint()
    if private is not None:
        constraint |= private
    prompt = call.prompt
    if prompt is not None and (prompt is not made or call.task is not run.task):
        task = evolve(
            call.task,
            text="",
            context="",
            messages=prompt.messages,
            tools=prompt.tools,
            response_schema=prompt.response_schema,
            parameters=prompt.parameters,
            extra=prompt.extra,
        )
        for more in run.snapshot.plugins.constrain(task, run.snapshot.analyser.analyse(task.question)):
            constraint |= more
    return constraint


async def _located(run: Run, sight: Sight, entry: ModelEntry, limits: Constraint) -> Sight:
    """With where the model runs, wherever that matters, or will matter to whoever reads the audit."""
    confined = limits.private or limits.here
    if not (confined or sight.found.counts):
        return sight
    run.recorder.private = run.recorder.private or limits.private
    run.recorder.redacts = run.recorder.redacts or sight.found.redacts
    async with run.in_time():
        location = await run.pool.where(sight.model, entry, run.snapshot.plugins)
    return evolve(sight, private=confined, location=location)


def _cleared(run: Run, sight: Sight, limits: Constraint) -> tuple[Prompt, Redaction | None]:
    """The prompt, once the model may have it; without what has to be replaced, and then what was."""
    model, prompt, location = sight.model, sight.prompt, sight.location
    reason = unfit(model, limits, run.snapshot)
    if reason is not None:
        forbidden = limits.models is not None and model.id not in limits.models
        raise not_allowed(model.id, reason, ForbiddenError if forbidden else NoModelLeftError)
    reason = privacy.refusal(model, limits, location)
    if reason is not None:
        raise PrivacyError(f"model '{model.id}' is not allowed: {reason}", vetoes={model.id: reason})
    redaction: Redaction | None = None
    if sight.found.redacts and not privacy.is_cleared(model, location):
        redaction = redacted(prompt, run.snapshot.inspector)
        prompt = redaction.prompt
    here = location is not None and location.here  # so the audit says, and so it must be: no proxy, no other server
    confined = sight.private or here or (sight.found.redacts and redaction is None)
    return evolve(prompt, private=True, location=location) if confined else prompt, redaction


def _restores(run: Run) -> bool:
    wish = run.task.restore
    return run.snapshot.config.privacy.restore if wish is None else wish
