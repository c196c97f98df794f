"""What a limit has given out so far, as the cell keeps it; and what that leaves for the next one. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from aurarouter_limits.counter import Wait
from aurarouter_limits.settings import Limit

TURN = 0.05
"""Seconds after which it is asked again whether somebody left."""


@frozen(kw_only=True)
class Tally:
    """The state of one limit. Times are in seconds since 1970, by the cell's clock.

    Attributes:
        used: "requests" or "tokens" → until when it is used up, as if all had been taken evenly.
        places: Id of a place → until when it is kept, unless whoever has it says that it still needs it.
    """

    used: Mapping[str, float] = field(factory=dict)
    places: Mapping[str, float] = field(factory=dict)

    @classmethod
    def of(cls, data: bytes | None, now: float) -> Tally:
        """As it is now: what is over is left out.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: It can't be read.
        """
        said: dict[str, Any] = json.loads(data) if data else {"used": {}, "places": {}}
        used = {str(what): float(until) for what, until in said["used"].items() if until > now}
        return cls(used=used, places={str(name): float(end) for name, end in said["places"].items() if end > now})

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps({"used": dict(self.used), "places": dict(self.places)}).encode()

    def last(self, now: float) -> float:
        """Seconds for which it says something."""
        return max([*self.used.values(), *self.places.values()], default=now) - now

    def entered(
        self, limit: Limit, tokens: int, place: str, keep: float, now: float, ahead: float = 0.0
    ) -> Tally | Wait:
        """With one more inside, or how long that one has to wait.

        Args:
            limit: What holds.
            tokens: What the task reads at least.
            place: Id of its place.
            keep: Seconds for which the place is kept.
            now: The cell's time.
            ahead: Seconds for which it would wait, with its turn taken already.
        """
        if limit.concurrency is not None and len(self.places) >= limit.concurrency:
            return Wait(seconds=TURN, why=f"{limit.concurrency} at a time", turns=True)
        used = dict(self.used)
        for what, rate, amount in (
            ("requests", limit.requests_per_minute, 1),
            ("tokens", limit.tokens_per_minute, tokens),
        ):
            if rate is None:
                continue
            until = max(now, used.get(what, now))
            # Tokens may overdraw what is saved up: one task may need more than that.
            spare = max(0.0, limit.burst - (60.0 / rate if what == "requests" else 0.0))
            if until - now > spare + ahead + 1e-9:
                return Wait(seconds=until - now - spare, why=f"{rate:g} {what} a minute")
            used[what] = until + amount * 60.0 / rate
        places = self.places if limit.concurrency is None else {**self.places, place: now + keep}
        return Tally(used=used, places=places)

    def left(self, limit: Limit, tokens: int, place: str, now: float) -> Tally:
        """With a place given back, and further tokens counted, which may be fewer than none."""
        used = dict(self.used)
        if limit.tokens_per_minute is not None and tokens:
            used["tokens"] = max(now, used.get("tokens", now)) + tokens * 60.0 / limit.tokens_per_minute
        return Tally(used=used, places={name: end for name, end in self.places.items() if name != place})

    def kept(self, places: Mapping[str, float]) -> Tally:
        """With places kept for longer. One that has been given away meanwhile counts again."""
        return evolve(self, places={**self.places, **places})
