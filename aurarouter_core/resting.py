"""Why a model that rests may not be asked now."""

from __future__ import annotations

from attrs import frozen

from aurarouter_hooks import ProviderAuthError, ProviderError, ProviderRateLimitedError, ProviderUnavailableError
from aurarouter_hooks.values import HealthState


@frozen(kw_only=True)
class Refusal:
    """Why a model may not be asked now.

    Attributes:
        model: Its id.
        why: In words, with the time left.
        retry_in: Seconds until it may be asked again; 0 while somebody tries it.
        state: Its state.
        progress: 0..1 while it loads.
        firm: The backend named the time, or refused the key: no health check ends it sooner.
    """

    model: str
    why: str
    retry_in: float
    state: HealthState
    progress: float | None = None
    firm: bool = False

    @property
    def error(self) -> ProviderError:
        """The same as the error of an attempt that was not made."""
        if self.state == "misconfigured":
            return ProviderAuthError(self.why)
        kind = ProviderRateLimitedError if self.state == "rate_limited" else ProviderUnavailableError
        return kind(self.why, retry_after=self.retry_in)


def resting(state: HealthState, left: float, detail: str, progress: float | None) -> str:
    """Says how a model rests, for how many seconds more, and what was the matter."""
    if state == "loading":
        share = f" {progress:.0%}" if progress is not None else ""
        return f"loading{share}"
    time = f"{left:.1f} s" if left < 100 else f"{left / 60:.0f} min"
    words = f"{state.replace('_', ' ')} for {time} more"
    return f"{words}, after: {detail}" if detail else words
