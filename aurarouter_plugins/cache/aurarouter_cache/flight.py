"""Attempts that are under way: who asks the same meanwhile waits for the first one's answer."""

from __future__ import annotations

import asyncio

from attrs import Factory, define

from aurarouter_cache.kept import Kept
from aurarouter_hooks import ProviderError, ProviderRateLimitedError, ProviderUnavailableError

MOST_FAILURES = 2
"""Attempts in a row that fail before all who wait are told so. The first failure may be bad luck."""
KNOWN_AT_ONCE = ProviderRateLimitedError
"""More of the same only makes it worse."""
LEFT_TO_THE_KERNEL = ProviderUnavailableError
"""It knows which models rest after this; whoever tries one of them next is told so without asking anybody."""


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

    def verdict(self) -> ProviderError | None:
        """What to tell those who waited, once trying again is of no use."""
        if self.error is None or isinstance(self.error, LEFT_TO_THE_KERNEL):
            return None
        if self.failures < MOST_FAILURES and not isinstance(self.error, KNOWN_AT_ONCE):
            return None
        told = self.error.__class__.__new__(self.error.__class__)  # each has a history of its own
        told.args = self.error.args
        vars(told).update(vars(self.error))
        return told
