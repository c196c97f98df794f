"""One model's failure state: what attempts and health checks said of it, and whether it may be asked now.

    unknown ──ok──▶ healthy ◀──────────────────── ok ───────────────────┐
       │               │                                                │
       ├──unavailable──┴──▶ cooling ──time──▶ anybody may ask ──────────┤
       │                       └─ THRESHOLD in a row ─▶ open ──time──▶ half_open: one may ask, the others wait
       ├──429──▶ rate_limited ──time──▶ anybody may ask
       ├──401, 403──▶ misconfigured ──an hour──▶ half_open
       ├──unavailable until it is mended──▶ misconfigured ──half a minute──▶ half_open
       └──a check says so──▶ loading, down, misconfigured

An attempt that began before the state last got worse can't make it worse again: a hundred attempts that one outage
ends are one failure.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from attrs import define, field

from aurarouter_core.backoff import backoff
from aurarouter_core.resting import Refusal, resting
from aurarouter_hooks import (
    Health,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from aurarouter_hooks.values import HealthState

THRESHOLD = 5
"""Failures in a row that open the breaker."""
REFUSED = 3600.0
"""Seconds for which a model is left alone whose key was refused."""
MENDING = 30.0
"""Seconds for which a model is left alone that can't answer until somebody mends something."""
LONGEST = 86400.0
"""Seconds that a backend can ask for at most."""
SAME = 1.0
"""Seconds by which the clocks of two processes may tell the end of one rest apart."""
LOOK_AGAIN = 2.0
"""Seconds for which a health check's bad news holds."""
RESTING: frozenset[HealthState] = frozenset({"cooling", "open", "rate_limited", "misconfigured", "loading", "down"})
BAD_NEWS: frozenset[HealthState] = frozenset({"loading", "down", "misconfigured", "rate_limited"})
ONE_AT_A_TIME: frozenset[HealthState] = frozenset({"open", "half_open", "misconfigured"})


@define(eq=False)
class FailureState:
    """The failure state of one model as one configuration has it, keys included.

    Attributes:
        model: Its id.
        state: What is known of it.
        failures: How often in a row it was unavailable.
        until: When it may be asked again, on `clock`.
        detail, hint: What was the matter, and what to do about it.
        progress: 0..1 while it loads.
        looked: When a health check last began.
        firm: The backend named the end of its rest, or refused the key.
        lifted: The end of the rest that somebody had us forget; what other processes keep of it counts until then.
        told: Called after each change for the worse, and for the better after one.
    """

    model: str = ""
    told: Callable[[FailureState], None] = field(default=lambda _: None)
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = random.random
    state: HealthState = "unknown"
    failures: int = 0
    until: float = 0.0
    detail: str = ""
    hint: str = ""
    progress: float | None = None
    looked: float = float("-inf")
    firm: bool = False
    lifted: float = 0.0
    _turn: int = 0
    _probe: int | None = None
    _tickets: int = 0

    @property
    def is_troubled(self) -> bool:
        """It rests, or one at a time may try it after a rest."""
        return self.state in RESTING or self.state == "half_open"

    @property
    def refusal(self) -> Refusal | None:
        """Why it may not be asked now; None when it may."""
        if not self.is_troubled:
            return None
        left = self.until - self.clock()
        if self.state in RESTING and left > 0:
            progress = self.progress if self.state == "loading" else None
            return Refusal(
                model=self.model,
                why=resting(self.state, left, self.detail, progress),
                retry_in=left,
                state=self.state,
                progress=progress,
                firm=self.firm,
            )
        if self._probe is not None:
            why = f"another task tries it first, after: {self.detail}"
            return Refusal(model=self.model, why=why, retry_in=0.0, state="half_open")
        return None

    def begin(self) -> int:
        """An attempt begins; what it is known by until it ends. Ask for a `refusal` first."""
        self._tickets += 1
        if self.state in ONE_AT_A_TIME:
            self.state, self._probe = "half_open", self._tickets
        return self._tickets

    def answers(self, ticket: int) -> None:
        """An attempt's first content came: others needn't wait for its end. Only the end says that all is well."""
        if self._probe == ticket:
            self._probe = None
            self._better("unknown")

    def ended(self, ticket: int, error: BaseException | None, *, private: bool = False) -> None:
        """An attempt ended: well, with an error of the backend, or with one that says nothing about it.

        Args:
            private: The error's words may quote what nobody else may read.
        """
        stale = ticket <= self._turn
        self.let_go(ticket)
        if isinstance(error, ProviderRateLimitedError | ProviderUnavailableError | ProviderTimeoutError):
            self._unavailable(error, stale=stale, private=private)
        elif isinstance(error, ProviderAuthError) and not stale:
            self._worse("misconfigured", REFUSED, error, private=private, firm=True)
        elif error is None and not stale:
            self._better("healthy")

    def let_go(self, ticket: int) -> None:
        """An attempt ended in a way that says nothing; when it was the one that tries, the next one may."""
        if self._probe == ticket:
            self._probe = None
            self.told(self)

    def _unavailable(self, error: ProviderError, *, stale: bool, private: bool) -> None:
        asked = getattr(error, "retry_after", None)
        wait = None if asked is None else min(max(asked, 0.0), LONGEST)
        if stale:
            if wait is not None and self.state in RESTING:
                self.until, self.firm = max(self.until, self.clock() + wait), True
                self.told(self)
            return
        if isinstance(error, ProviderUnavailableError) and error.lasting:
            self._worse("misconfigured", MENDING, error, private=private, firm=False)
            return
        self.failures += 1
        if wait is None:
            wait = backoff(self.failures, self.draw)
        state: HealthState = "open" if self.failures >= THRESHOLD else "cooling"
        if isinstance(error, ProviderRateLimitedError):
            state = "rate_limited"
        self._worse(state, wait, error, private=private, firm=asked is not None)

    def forgive(self) -> None:
        """Forget everything: somebody wants it asked all the same. Other processes do when it has answered."""
        self._turn, self._probe, self.lifted = self._tickets, None, max(self.lifted, self.until)
        self._set("unknown", 0, 0.0, "", "")

    def saw(self, health: Health) -> None:
        """A health check said this. It lifts no limit that the backend asked for, and closes no breaker by itself.

        That a model is still down begins no new rest: else it would never be asked again while somebody keeps looking.
        """
        if self.firm and self.until > self.clock():
            return
        if self.state == health.state == "down" and health.retry_in is None:
            return
        if health.state in ("healthy", "cold"):
            if self.state == "open":
                self._better("half_open")
            elif self.state in RESTING - {"rate_limited"}:
                self._better("healthy" if self.state == "misconfigured" else "unknown")
            elif self.state == "unknown":
                self.state = health.state
        elif health.state in BAD_NEWS and self.state not in ("open", "half_open", "rate_limited"):
            wait = health.retry_in or (REFUSED if health.state == "misconfigured" else LOOK_AGAIN)
            self.progress = health.progress
            self._rest(health.state, wait, health.detail, health.hint)

    def share(
        self, state: HealthState, failures: int, left: float, detail: str, hint: str, *, firm: bool = False
    ) -> None:
        """Another process says how it is. Worse news than our own counts, and its good news after our bad.

        Args:
            left: Seconds until its rest ends; of good news, until the end of the rest that somebody had it forget.
            firm: The backend named that end. Good news of those who did not know of it does not end such a rest.
        """
        until = self.clock() + min(left, LONGEST)
        if state not in RESTING:
            if self._keeps_resting(until if state == "healthy" else 0.0):
                return
            if state == "half_open" and self.state in ONE_AT_A_TIME:
                self._set("half_open", self.failures, 0.0, self.detail, self.hint)
            elif self.state in RESTING and self._probe is None:
                self._set("unknown", 0, 0.0, "", "")
        elif left > 0 and until > self.until:
            if self.state in ONE_AT_A_TIME and state not in ONE_AT_A_TIME:
                state = "open"  # one may try it afterwards, as before
            self._turn = self._tickets
            self._set(state, max(failures, self.failures), until, detail, hint, firm=firm)

    def _keeps_resting(self, lifted: float) -> bool:
        """The backend named when its rest ends, and that is not the rest which another process was told to forget."""
        return self.firm and self.until > self.clock() and self.until > lifted + SAME

    def health(self, seen: Health) -> Health:
        """How it is, after a health check has just said this: what attempts have shown counts more."""
        refusal = self.refusal
        if refusal is None or refusal.state == seen.state:
            return seen
        return Health(
            state=refusal.state,
            detail=self.detail or refusal.why,
            hint=self.hint,
            progress=refusal.progress,
            retry_in=refusal.retry_in,
        )

    def _worse(self, state: HealthState, wait: float, error: ProviderError, *, private: bool, firm: bool) -> None:
        words = type(error).__name__ if private else str(error)
        self._rest(state, wait, words, "" if private else error.hint, firm=firm)

    def _rest(self, state: HealthState, wait: float, detail: str, hint: str, *, firm: bool = False) -> None:
        self._turn, self.lifted = self._tickets, 0.0
        self._set(state, self.failures, self.clock() + wait, detail, hint, firm=firm)
        self.told(self)

    def _better(self, state: HealthState) -> None:
        changed = self.state != state and self.state != "cold"
        self._set(state, self.failures if state in ("half_open", "unknown") else 0, 0.0, self.detail, "")
        if state == "healthy":
            self.detail = ""
        if changed:
            self.told(self)

    def _set(
        self, state: HealthState, failures: int, until: float, detail: str, hint: str, *, firm: bool = False
    ) -> None:
        self.state, self.failures, self.until, self.detail, self.hint = state, failures, until, detail, hint
        self.firm = firm
