"""The failure states of all models of one kernel: who is in trouble, news for those who wait, and what others know."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import cast, get_args

from attrs import frozen

from aurarouter_core.config import ModelEntry
from aurarouter_core.failure_state import FailureState
from aurarouter_core.plain import dumps
from aurarouter_core.references import references, written
from aurarouter_core.resting import Refusal
from aurarouter_core.store import StateRow
from aurarouter_hooks.values import HealthState


def fingerprint(entry: ModelEntry, environ: Mapping[str, str], kept: str = "") -> str:
    """What a model's state is kept under besides its name: another key or endpoint is another story.

    Args:
        entry: The model's.
        environ: The variables that may hold its keys.
        kept: Changes whenever a key that we keep does.
    """
    digest = hashlib.sha256(dumps(entry).encode("utf-8", "replace"))  # the keys are masked in there
    for text in written(entry).values():
        digest.update(text.encode("utf-8", "replace"))
    for reference in references(entry):
        value = environ.get(reference.name, "") if reference.kind == "env" else kept
        digest.update(f"{reference}={value}".encode("utf-8", "replace"))
    return digest.hexdigest()[:16]


@frozen
class Current:
    """The state of a model as the configuration in force has it."""

    fingerprint: str
    state: FailureState


class FailureStates:
    """One failure state for each model, whoever asks it; other processes learn of it through the store.

    Args:
        keep: Writes a change down for other processes.
        clock: Tells the time of day, which all processes share.
    """

    def __init__(
        self, keep: Callable[[StateRow], None] = lambda _: None, clock: Callable[[], float] = time.time
    ) -> None:
        self._keep = keep
        self._clock = clock
        self._current: dict[str, Current] = {}
        self._troubled: dict[str, FailureState] = {}
        self._rows: dict[tuple[str, str], StateRow] = {}
        self._news = asyncio.Event()

    def of(self, model: str, fingerprint: str, *, in_force: bool) -> FailureState:
        """The state of a model. What is not in force any more has one of its own, which nobody else sees."""
        current = self._current.get(model)
        if current is not None and current.fingerprint == fingerprint:
            return current.state
        if not in_force:
            return FailureState(model)
        state = FailureState(model, partial(self._told, fingerprint))
        self._current[model] = Current(fingerprint, state)
        self._troubled.pop(model, None)
        row = self._rows.get((model, fingerprint))
        if row is not None:
            self._share(row, state)
        return state

    def forget(self, models: Iterable[str]) -> None:
        """These are configured in another way now, or not at all."""
        for model in models:
            self._current.pop(model, None)
            self._troubled.pop(model, None)

    def refusal(self, model: str) -> Refusal | None:
        """Why a model may not be asked now; None when it may."""
        state = self._troubled.get(model)
        return None if state is None else state.refusal

    def refusals(self) -> Mapping[str, str]:
        """The models that may not be asked now, and why."""
        if not self._troubled:
            return {}
        found = [state.refusal for state in self._troubled.values()]
        return {refusal.model: refusal.why for refusal in found if refusal is not None}

    def state(self, model: str) -> FailureState | None:
        """The state of a model that was asked since it was configured so."""
        current = self._current.get(model)
        return None if current is None else current.state

    def excuse(self, model: str) -> None:
        """Forget what is known of a model: somebody wants it asked all the same."""
        current = self._current.get(model)
        if current is not None:
            current.state.forgive()
            self._sort(current.state)
            self._wake()

    def learn(self, rows: Iterable[StateRow]) -> None:
        """What the store holds, from other processes and from ourselves."""
        for row in rows:
            known = self._rows.get((row.model, row.fingerprint))
            if known is not None and known.at >= row.at:
                continue
            self._rows[row.model, row.fingerprint] = row
            current = self._current.get(row.model)
            if current is not None and current.fingerprint == row.fingerprint:
                self._share(row, current.state)
                self._wake()

    def reopen(self) -> None:
        """A router opens: whoever waits for news from now on waits in its event loop, which may be another one."""
        self._news = asyncio.Event()

    async def news(self) -> None:
        """Wait until the state of any model changes."""
        await self._news.wait()

    def _share(self, row: StateRow, state: FailureState) -> None:
        left = (row.until or 0.0) - self._clock()
        if row.state in get_args(HealthState):
            state.share(cast(HealthState, row.state), row.failures, left, row.detail, row.hint, firm=row.firm)
            self._sort(state)

    def _sort(self, state: FailureState) -> None:
        current = self._current.get(state.model)
        if current is None or current.state is not state:
            return
        if state.is_troubled:
            self._troubled[state.model] = state
        else:
            self._troubled.pop(state.model, None)

    def _told(self, fingerprint: str, state: FailureState) -> None:
        model, now = state.model, self._clock()
        until = state.lifted if state.state == "healthy" else state.until
        self._sort(state)
        row = StateRow(
            model=model,
            fingerprint=fingerprint,
            state=state.state,
            until=now + max(0.0, until - state.clock()),
            failures=state.failures,
            detail=state.detail,
            hint=state.hint,
            at=now,
            firm=state.firm,
        )
        self._rows[model, fingerprint] = row
        self._keep(row)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
