"""What a configuration may say about money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import Factory, field, frozen
from attrs.validators import and_, ge, le, optional

MOST = 1e9
dollars = optional(and_(ge(0.0), le(MOST)))


@frozen
class Limit:
    """So many US dollars in a day or a month, of everybody or of one app.

    Attributes:
        period: "day" or "month".
        app: Whose tasks count; None for everybody's.
    """

    dollars: float
    period: str
    app: str | None = None

    def __str__(self) -> str:
        whose = "" if self.app is None else f" for '{self.app}'"
        return f"{self.dollars:g} USD per {self.period}{whose}"


@frozen(kw_only=True)
class AppBudget:
    """What one app may spend.

    Attributes:
        per_day: US dollars in a day; default: no limit of its own.
        per_month: US dollars in a month; default: no limit of its own.
    """

    per_day: float | None = field(default=None, validator=dollars)
    per_month: float | None = field(default=None, validator=dollars)


@frozen(kw_only=True)
class Budget:
    """What may be spent. Days and months are those of UTC.

    Attributes:
        per_day: US dollars that all tasks together may cost in a day; default: no limit.
        per_month: US dollars that all tasks together may cost in a month; default: no limit.
        apps: What single apps may spend within that, by the app's name.
        max_output: Tokens of the longest answer under a budget, where neither task nor model say how long it may be.
        reference: A model of yours, or one with a listed price: `usage` says what it would have cost there.
    """

    per_day: float | None = field(default=None, validator=dollars)
    per_month: float | None = field(default=None, validator=dollars)
    apps: Mapping[str, AppBudget] = Factory(dict)
    max_output: int = field(default=4096, validator=and_(ge(1), le(10_000_000)))
    reference: str = ""

    def limits(self, app: str) -> Iterator[Limit]:
        """What holds for a task of this app; "" for none."""
        if self.per_day is not None:
            yield Limit(self.per_day, "day")
        if self.per_month is not None:
            yield Limit(self.per_month, "month")
        own = self.apps.get(app)
        if own is not None:
            yield from own_limits(own, app)

    def binds(self, app: str) -> bool:
        """A limit holds for tasks of this app."""
        if self.per_day is not None or self.per_month is not None:
            return True
        own = self.apps.get(app) if self.apps else None
        return own is not None and (own.per_day is not None or own.per_month is not None)

    def all_limits(self) -> Iterator[Limit]:
        """Every limit there is."""
        yield from self.limits("")
        for app, own in self.apps.items():
            if app:
                yield from own_limits(own, app)


def own_limits(budget: AppBudget, app: str) -> Iterator[Limit]:
    """The limits of one app."""
    if budget.per_day is not None:
        yield Limit(budget.per_day, "day", app)
    if budget.per_month is not None:
        yield Limit(budget.per_month, "month", app)
