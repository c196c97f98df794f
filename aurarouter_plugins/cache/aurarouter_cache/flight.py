"""Attempts that are under way: who asks the same meanwhile waits for the first one's answer."""

from __future__ import annotations

import asyncio
from typing import Self

from attrs import Factory, define

from aurarouter_cache.kept import Kept
from aurarouter_hooks import ProviderError

MOST_FAILURES = 2
"""Attempts in a row that fail before all who wait are told so. The first failure may be bad luck."""


@define(eq=False)
class Flight:
    """One attempt, from the moment that nobody had its answer.

    Attributes:
        over: It ended, however.
        kept: Its answer, when there is one that may be given to others.
        alone: It ended well, and its answer is nobody else's.
        failures: How many failed in a row, this one too when it did.
        error: How the last one failed.
    """

    failures: int = 0
    over: asyncio.Event = Factory(asyncio.Event)
    kept: Kept | None = None
    alone: bool = False
    error: ProviderError | None = None

    def failed(self, error: ProviderError) -> None:
        """It did."""
        self.failures += 1
        self.error = error

    def next(self) -> Self:
        """Another attempt at the same."""
        return type(self)(failures=self.failures)

    def verdict(self) -> ProviderError | None:
        """What to tell those who waited, once trying again is of no use."""
        if self.error is None or self.failures < MOST_FAILURES:
            return None
        told = self.error.__class__.__new__(self.error.__class__)  # each has a history of its own
        told.args = self.error.args
        vars(told).update(vars(self.error))
        return told
