"""One attempt at one model: clear it, make it ready, stream its answer under the clocks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from attrs import define, evolve, field, frozen

from aurarouter_core.assets import download_size
from aurarouter_core.config import ModelEntry
from aurarouter_core.decide import veto
from aurarouter_core.models import ModelPool
from aurarouter_core.plain import error_info
from aurarouter_core.snapshot import Snapshot
from aurarouter_core.trace import Recorder
from aurarouter_hooks import (
    AssetError,
    Attempt,
    Call,
    Chunk,
    Committed,
    Decision,
    Delta,
    Event,
    Model,
    PrivacyError,
    Progress,
    Prompt,
    ProviderError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Reply,
    Task,
    Usage,
)

CHARACTERS_PER_TOKEN = 4
"""For estimates where a backend counts nothing."""


@frozen(kw_only=True, eq=False)
class Run:
    """All that belongs to one task while it runs. `deadline` is a time of `time.monotonic`."""

    task: Task
    decision: Decision
    snapshot: Snapshot
    pool: ModelPool
    recorder: Recorder
    deadline: float | None = None

    def remaining(self) -> float | None:
        """Seconds left of the task's deadline."""
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())


async def attempt_events(run: Run, node: str, call: Call) -> AsyncGenerator[Event]:
    """The innermost events of an attempt, inside all middleware.

    Raises:
        ProviderError: The attempt failed.
        PrivacyError: The model is not cleared; nothing was sent.
    """
    assert call.model is not None and call.prompt is not None  # noqa: S101, PT018 - an attempt's call always has both
    model = run.snapshot.models[call.model.id]
    entry = run.snapshot.config.models[model.id]
    async with aclosing(_fetched(run, model, entry)) as fetching:
        async for progress in fetching:
            yield progress
    prompt = await _cleared(run, call, model, entry)
    async with run.pool.borrow(model, entry, run.snapshot.plugins) as provider:
        committed = False
        waiting: list[Chunk] = []
        async with aclosing(_timed(provider.stream(prompt), model, run)) as chunks:
            async for chunk in chunks:
                if not committed:
                    waiting.append(chunk)
                    if not chunk.has_content:
                        continue
                    committed = True
                    yield Committed(node=node, model=model.id)
                    for early in waiting:
                        yield Delta(chunk=early)
                else:
                    yield Delta(chunk=chunk)
    if not committed:
        raise ProviderReplyError("the answer is empty")


async def _fetched(run: Run, model: Model, entry: ModelEntry) -> AsyncGenerator[Event]:
    """Progress of fetching the model's file; nothing when it is here."""
    try:
        spec = run.pool.spec(entry)
    except AssetError as error:
        raise ProviderUnavailableError(str(error), hint=error.hint) from error
    if spec is None or run.pool.file(entry) is not None:
        return
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
            await news.wait()
            news.clear()
    finally:
        fetching.cancel()
        await asyncio.wait({fetching})
    fetching.result()


async def _cleared(run: Run, call: Call, model: Model, entry: ModelEntry) -> Prompt:
    """The prompt, once the model may have it. Middleware can narrow the limits, never loosen them."""
    assert call.prompt is not None  # noqa: S101 - checked by the caller
    constraint = run.decision.constraint | call.constraint
    location = None
    if constraint.private or constraint.here:
        location = await run.pool.where(model, entry, run.snapshot.plugins)
    refused = veto(model, constraint, run.snapshot, location)
    if refused is not None:
        raise PrivacyError(f"model '{model.id}' is not allowed: {refused}", vetoes={model.id: refused})
    return evolve(call.prompt, private=constraint.private or constraint.here, location=location)


async def _timed(chunks: AsyncIterator[Chunk], model: Model, run: Run) -> AsyncGenerator[Chunk]:
    """The chunks, or ProviderTimeoutError when one of the clocks runs out; early ends are errors too."""
    limits = model.timeouts
    began = time.monotonic()
    first = True
    finished = False
    try:
        while True:
            now = time.monotonic()
            ends = [
                (began + limits.total, f"no end after {limits.total:g} s") if limits.total else None,
                (run.deadline, "the task's deadline passed") if run.deadline is not None else None,
                (now + limits.first_token, f"no first token after {limits.first_token:g} s")
                if first and limits.first_token
                else None,
                (now + limits.between_tokens, f"nothing for {limits.between_tokens:g} s")
                if not first and limits.between_tokens
                else None,
            ]
            end, why = min((end for end in ends if end is not None), default=(None, ""))
            try:
                async with asyncio.timeout(None if end is None else max(0.0, end - now)) as clock:
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            except TimeoutError as error:
                if not clock.expired():
                    raise
                raise ProviderTimeoutError(why, after=time.monotonic() - began) from error
            first = first and not chunk.has_content
            finished = finished or chunk.finish is not None
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()
    if not finished and not first:
        raise ProviderReplyError("the answer broke off before its end")


@define(eq=False)
class Tally:
    """What an attempt amounts to, seen from outside its middleware."""

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
            self.first_token = time.perf_counter() - self.clock

    def attempt(self, reply: Reply, error: BaseException | None = None) -> Attempt:
        """The attempt as a value."""
        if error is None:
            outcome = "ok"
        elif not isinstance(error, ProviderError | PrivacyError):
            outcome = "cancelled"
        else:
            outcome = "incomplete" if self.committed else "failed"
        usage = reply.usage or (self._estimate(reply) if self.committed else None)
        price = self.model.price
        return Attempt(
            number=self.number,
            model=self.model.id,
            provider=self.model.provider,
            started=self.began,
            seconds=time.perf_counter() - self.clock,
            first_token=self.first_token,
            outcome=outcome,  # type: ignore[arg-type]  # one of the four, see above
            error=error_info(error) if error is not None else None,
            usage=usage,
            cost=_cost(usage, price.input, price.output, price.cached_input) if usage and price else None,
            finish=reply.finish if error is None else None,
            request_id=reply.request_id,
            model_name=reply.model_name,
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
