"""Several keys of one model: used in turn, and left out for a while when the backend turns one away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from attrs import Factory, define

from aurarouter_core.references import Key
from aurarouter_core.wallet import Hold
from aurarouter_hooks import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    Reply,
    Usage,
)

log = logging.getLogger(__name__)
KEY_AT_FAULT = (ProviderAuthError, ProviderRateLimitedError)
CONVERSATIONS = 10_000
"""Of which it is known which key they have; the one that asked longest ago is forgotten first."""
REFUSED, LIMITED = 3600.0, 60.0
"""Seconds for which a key is left out: one that was refused, and one that was limited for nobody knows how long."""


@define(eq=False)
class Turn:
    """What one task does with one model.

    Attributes:
        deadline: When the task ends, as a time of the event loop; the model is not at fault for what happens then.
        conversation: Which keeps its key, since what a service has read and cached belongs to that.
        private: What the backend says of it is not to be repeated to others.
        tried: The keys that it had.
        key: The one that it has; None before the first.
        another: Its last attempt failed for its key alone, and there is one more to try.
        asked: Its last attempt came as far as the backend.
        holds: What was set aside for the attempt under way, where a budget is set: once for each time that a middleware
            has the backend asked.
        used: What the backend counted each of these times, whatever a middleware makes of the answers.
        silent: What its last attempt gave without a word in it.
    """

    deadline: float | None = None
    conversation: str = ""
    private: bool = False
    tried: list[Key] = Factory(list)
    key: Key | None = None
    another: bool = False
    asked: bool = False
    holds: list[Hold] = Factory(list)
    used: list[Usage] = Factory(list)
    silent: Reply | None = None

    def spares(self, error: BaseException | None) -> bool:
        """What ended the attempt says nothing about the model: only one of its keys, or our own clock, ran out."""
        if isinstance(error, ProviderTimeoutError):
            return self.deadline is not None and asyncio.get_running_loop().time() >= self.deadline
        return self.another and isinstance(error, KEY_AT_FAULT)

    def __str__(self) -> str:
        return f" with {self.key}" if self.key and self.key.count > 1 else ""


class Rotation:
    """The keys of one model and which of them are left out. A single key is never left out.

    Args:
        model: Whose they are.
        keys: At least one.
        clock: Tells seconds.
    """

    def __init__(self, model: str, keys: Sequence[Key], clock: Callable[[], float] = time.monotonic) -> None:
        self.keys = tuple(keys)
        self._model = model
        self._clock = clock
        self._first = 0
        self._kept: dict[str, Key] = {}  # of each conversation
        self._until: dict[Key, float] = {}
        self._refused: set[Key] = set()

    def spare(self) -> Key:
        """A key to ask with how the model is; that is nobody's turn."""
        if not self._until:
            return self.keys[0]
        return next((key for key in self.keys if self._in(key)), self.keys[0])

    def next(self, turn: Turn) -> Key:
        """The key whose turn it is, or the conversation's; rather one that the task has not tried yet.

        Raises:
            ProviderRateLimitedError, ProviderAuthError: All are left out.
        """
        if len(self.keys) == 1:
            key = self.keys[0]
        else:
            turn.key = None
            there = [key for key in self._in_order() if self._in(key)]
            if not there:
                raise self._none()
            kept = self._kept.pop(turn.conversation, None)
            if kept is not None and kept in there and kept not in turn.tried:
                key = kept
            else:
                key = next((key for key in there if key not in turn.tried), there[0])
                self._first = self.keys.index(key) + 1
            if turn.conversation:
                self._kept[turn.conversation] = key
                if len(self._kept) > CONVERSATIONS:
                    del self._kept[next(iter(self._kept))]
        turn.tried.append(key)
        turn.key, turn.another = key, False
        return key

    def failed(self, key: Key, error: ProviderAuthError | ProviderRateLimitedError, turn: Turn) -> None:
        """Leave a key out that was turned away.

        Raises:
            ProviderRateLimitedError, ProviderAuthError: It was the last; with the time until the first comes back.
        """
        if len(self.keys) == 1:
            return
        if isinstance(error, ProviderAuthError):
            why, seconds = "refused", REFUSED
            self._refused.add(key)
        else:
            why, seconds = "limited", LIMITED if error.retry_after is None else error.retry_after
            self._refused.discard(key)
        self._until[key] = self._clock() + seconds
        log.warning("model '%s': %s was %s and is left out for %.0f s", self._model, key, why, seconds)
        turn.another = any(self._in(other) and other not in turn.tried for other in self.keys)
        if not any(map(self._in, self.keys)):
            raise self._none(f"; {key}: {error}") from error

    def _in_order(self) -> Sequence[Key]:
        first = self._first % len(self.keys)
        return self.keys[first:] + self.keys[:first]

    def _in(self, key: Key) -> bool:
        return self._until.get(key, 0.0) <= self._clock()

    def _none(self, last: str = "") -> ProviderError:
        if self._refused.issuperset(self.keys):
            return ProviderAuthError(
                f"all {len(self.keys)} keys of the model were refused{last}",
                hint="Correct them ('aurarouter keys set NAME'), and reload the configuration.",
            )
        wait = max(0.0, min(self._until.get(key, 0.0) for key in self.keys) - self._clock())
        return ProviderRateLimitedError(
            f"all {len(self.keys)} keys of the model are left out for now{last}",
            retry_after=wait,
            hint="Wait, add a key, or add another model to the role's chain.",
        )
