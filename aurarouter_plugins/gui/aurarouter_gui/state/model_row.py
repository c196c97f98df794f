"""One model in words: how it is and where it runs."""

from __future__ import annotations

from attrs import frozen

from aurarouter_core import Asset
from aurarouter_hooks import Health, Location, Model

PLACES = {"process": "in the engine", "loopback": "this machine", "remote": "remote", "unknown": "not known"}
STATES = {
    "healthy": "ready",
    "cold": "not loaded",
    "loading": "loading",
    "cooling": "resting",
    "open": "failing",
    "half_open": "being tried again",
    "rate_limited": "limited",
    "misconfigured": "misconfigured",
    "down": "down",
    "unknown": "unknown",
}


@frozen(kw_only=True)
class ModelRow:
    """A model.

    Attributes:
        health, location: None until they were asked for.
        asset: Its file, where it has one here.
    """

    name: str
    model: Model
    roles: tuple[str, ...]
    asset: Asset | None = None
    health: Health | None = None
    location: Location | None = None

    @property
    def place(self) -> str:
        """Where it runs, in one or two words."""
        return "…" if self.location is None else PLACES[self.location.kind]

    @property
    def address(self) -> str:
        """Where exactly it runs; "" where that is all that can be said."""
        if self.location is None or not self.location.host:
            return ""
        relay = ", where requests may be passed on" if self.location.relay else ""
        return f"{self.location.host}{relay}"

    @property
    def state(self) -> str:
        """How it is, in words."""
        if self.health is None:
            return "…"
        words = STATES[self.health.state]
        if self.health.state == "loading" and self.health.progress is not None:
            words = f"{words}, {self.health.progress:.0%}"
        if self.health.retry_in:
            words = f"{words}, again in {self.health.retry_in:.0f} s"
        return words
