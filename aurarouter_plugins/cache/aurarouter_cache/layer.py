"""The cache as middleware: an answer that is kept, one that somebody is just getting, or the model's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, Literal

from aurarouter_cache.flight import Flight
from aurarouter_cache.kept import Kept, UnkeepableError
from aurarouter_cache.key import key
from aurarouter_cache.settings import CacheSettings
from aurarouter_cache.shelf import Shelf
from aurarouter_core import Home
from aurarouter_hooks import Call, Chunk, Delta, Event, Middleware, Noted, Proceed, Prompt, ProviderError

NOTE = "cache"
LENGTH = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""Parameters by which a prompt says how long its answer may be."""
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.5
"""Seconds between two looks whether another process has the answer, at first and at most."""
PATIENCE = 120.0
"""Seconds for which another process is waited for, where the model has no limit of its own."""


class Answering(Middleware):
    """Around each attempt, and inside all other middleware: what they change is part of what must be the same."""

    scope: Literal["task", "attempt"] = "attempt"
    order = 900

    def __init__(self) -> None:
        self._opened: Shelf | None = None
        self._flights: dict[bytes, Flight] = {}

    @property
    def _shelf(self) -> Shelf:
        if self._opened is None:
            self._opened = Shelf(Home.of().cache / "answers.db")
        return self._opened

    async def close(self) -> None:
        """Let go of the file."""
        shelf, self._opened = self._opened, None
        if shelf is not None:
            await shelf.close()

    def acts(self, settings: Mapping[str, Any]) -> bool:
        """When it is switched on."""
        on: bool = settings["cache"].enabled
        return on

    def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
        """The attempt's events, or a kept answer's."""
        settings: CacheSettings = call.settings["cache"]
        return self._cached(call, proceed, settings) if _fits(call, settings) else proceed(call)

    async def _cached(self, call: Call, proceed: Proceed, settings: CacheSettings) -> AsyncGenerator[Event]:
        assert call.model is not None  # noqa: S101 - there is one around every attempt
        assert call.prompt is not None  # noqa: S101 - as above
        name = key(call, call.model, call.prompt, shared=settings.shared)
        kept = await self._shelf.get(name, settings)
        failures = 0
        while kept is None:
            flight = self._flights.get(name)
            if flight is None:
                kept = self._shelf.at_hand(name)  # somebody may have come back while the file was looked at
                if kept is None:
                    async with aclosing(self._flown(name, call, proceed, settings, failures)) as events:
                        async for event in events:
                            yield event
                    return
                break
            await flight.over.wait()
            kept, failures = flight.kept, flight.failures
            if flight.alone:
                async with aclosing(proceed(call)) as events:
                    async for event in events:
                        yield event
                return
            if (verdict := flight.verdict()) is not None:
                raise verdict
        for told in _again(kept):
            yield told

    async def _flown(
        self, name: bytes, call: Call, proceed: Proceed, settings: CacheSettings, failures: int
    ) -> AsyncGenerator[Event]:
        """Get the answer for all who want it."""
        flight = self._flights[name] = Flight(failures)
        try:
            async with AsyncExitStack() as until_over:
                if settings.disk:
                    flight.kept = await self._elsewhere(name, call, settings)
                    if flight.kept is None:
                        await until_over.enter_async_context(self._shelf.claimed(name))
                if flight.kept is not None:
                    for told in _again(flight.kept):
                        yield told
                    return
                yield Noted(name=NOTE, value="miss")
                stamp = self._shelf.stamp
                chunks: list[Chunk] = []
                try:
                    async with aclosing(proceed(call)) as events:
                        async for event in events:
                            if isinstance(event, Delta):
                                chunks.append(event.chunk)
                            yield event
                except ProviderError as error:
                    flight.failed(error)
                    raise
                await self._keep(name, call, chunks, settings, flight, stamp)
        finally:
            del self._flights[name]
            flight.over.set()

    async def _keep(
        self, name: bytes, call: Call, chunks: list[Chunk], settings: CacheSettings, flight: Flight, stamp: int
    ) -> None:
        flight.alone = True
        assert call.model is not None  # noqa: S101 - there is one around every attempt
        assert call.prompt is not None  # noqa: S101 - as above
        if call.private and not settings.private:  # found only when it was about to be sent
            return
        try:
            kept = Kept.of(chunks, time.time() + settings.ttl)
        except UnkeepableError:
            return
        flight.kept, flight.alone = kept, False
        if not _is_cut_off(call.prompt, chunks):
            await self._shelf.put(name, call.model.id, kept, settings, stamp)

    async def _elsewhere(self, name: bytes, call: Call, settings: CacheSettings) -> Kept | None:
        """The answer of another process that is just getting it; None once this one is to get it."""
        assert call.model is not None  # noqa: S101 - as above
        end, pause = time.monotonic() + (call.model.timeouts.total or PATIENCE), FIRST_LOOK
        while not await self._shelf.claim(name):
            if time.monotonic() > end:
                return None
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK)
            if (kept := await self._shelf.get(name, settings)) is not None:
                return kept
        return await self._shelf.get(name, settings)  # it may have come right before the claim


def _fits(call: Call, settings: CacheSettings) -> bool:
    """The answer may be kept, as far as is known before it; vectors may not."""
    if call.prompt is None or call.decision.mode == "embed" or (call.private and not settings.private):
        return False
    temperature = call.prompt.parameters.get("temperature")
    if temperature is None:
        temperature = 1.0
    return isinstance(temperature, int | float) and temperature <= settings.temperature  # the backend judges the rest


def _is_cut_off(prompt: Prompt, chunks: Sequence[Chunk]) -> bool:
    """By what is no part of what was asked: a budget's longest answer, or the backend's own."""
    return any(chunk.finish == "length" for chunk in chunks) and not any(name in prompt.parameters for name in LENGTH)


def _again(kept: Kept) -> list[Event]:
    """A kept answer, told as it was told first."""
    return [Noted(name=NOTE, value="hit"), *(Delta(chunk=chunk) for chunk in kept.chunks)]
