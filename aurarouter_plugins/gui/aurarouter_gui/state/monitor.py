"""The monitor: reads how models are, what was asked, what it cost and where private data went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from aurarouter_core import Audit, Home, Store, reference_price, with_savings
from aurarouter_gui.state.figures import Figures, figures
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.monitor_parts import HealthPart, ModelHealth, Part, PrivacyPart, TracesPart, TrafficPart
from aurarouter_gui.state.table_file import Sheet, write
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_hooks import AuraRouterError, Price

T = TypeVar("T", bound=Part)
LATEST = 500
"""Traces from which models' figures are counted, and that are listed."""
ROWS = 10_000
"""Rows of the audit that are shown at most, the newest."""
A_DAY = 86400.0
DAYS = 30
RANGES = {"Last hour": (3600.0, 60.0), "Last 24 hours": (A_DAY, 900.0), "Last 30 days": (DAYS * A_DAY, A_DAY)}
"""Name → the seconds that are shown, and those of one stretch."""


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread; `unread` what the latest look could not read, and None where it could read all."""

    health: Callable[[HealthPart], None] = field(default=lambda _: None)
    traffic: Callable[[TrafficPart], None] = field(default=lambda _: None)
    privacy: Callable[[PrivacyPart], None] = field(default=lambda _: None)
    traces: Callable[[TracesPart], None] = field(default=lambda _: None)
    unread: Callable[[Trouble | None], None] = field(default=lambda _: None)
    written: Callable[[Path], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Monitor:
    """What the monitor panel shows. Lives on the UI's thread; all reading happens elsewhere.

    Attributes:
        period: Which of `RANGES` traffic is shown for.
        failed: List only tasks that failed.
        remote: List only private data that was meant for other machines.
    """

    def __init__(self, link: Link, listeners: Listeners) -> None:
        self._link = link
        self._told = listeners
        self._reading: set[str] = set()
        self.period = next(iter(RANGES))
        self.failed = False
        self.remote = False

    # Reading. What is being read is not read a second time meanwhile.

    def look_at_health(self) -> None:
        """How models are, asked now, and how they did lately."""
        self._read("health", self._health(), self._told.health)

    def look_at_traffic(self) -> None:
        """What was asked, and what it cost."""
        self._read("traffic", self._traffic(*RANGES[self.period]), self._told.traffic)

    def look_at_privacy(self) -> None:
        """What private data went where."""
        work = asyncio.to_thread(partial(_privacy, self.remote))
        self._read("privacy", work, self._told.privacy)

    def look_at_traces(self) -> None:
        """The latest tasks."""
        work = asyncio.to_thread(partial(_traces, self.failed))
        self._read("traces", work, self._told.traces)

    def _read(self, name: str, work: Coroutine[Any, Any, T], told: Callable[[T], None]) -> None:
        if name in self._reading or self._link.worker.loop.is_closed():
            work.close()  # the last letters come when the window is gone already
            return
        self._reading.add(name)

        def came(part: T) -> None:
            self._reading.discard(name)
            told(part)
            self._told.unread(part.trouble)

        def failed(error: BaseException) -> None:
            self._reading.discard(name)
            self._told.unread(trouble(error))

        self._link.worker.begin(work, came, failed)

    async def _health(self) -> HealthPart:
        kernel = await self._link.kernel()
        health, traces = await asyncio.gather(kernel.health(), asyncio.to_thread(_latest))
        did = await asyncio.to_thread(figures, traces)
        models = [ModelHealth(name=name, health=one, figures=did.get(name, Figures())) for name, one in health.items()]
        return HealthPart(models=models, traces=len(traces))

    async def _traffic(self, period: float, step: float) -> TrafficPart:
        reference, price, lacks = "", None, None
        try:
            config = await self._link.config()
            reference, price = config.budget.reference, reference_price(config)
        except AuraRouterError as error:  # what was used is shown all the same
            lacks = trouble(error)
        part = await asyncio.to_thread(_traffic, period, step, reference, price)
        return evolve(part, trouble=lacks)

    # Writing

    def export(self, sheet: Sheet, path: Path) -> None:
        """Write a table to a file."""
        work = asyncio.to_thread(partial(write, sheet, path))
        self._link.worker.begin(work, self._told.written, lambda error: self._told.trouble(trouble(error)))


def _store() -> Store:
    return Store(Home.of().store)


def _latest() -> Any:
    return _store().latest(LATEST)


def _traces(failed: bool) -> TracesPart:
    return TracesPart(traces=_store().latest(LATEST, failed=failed))


def _traffic(period: float, step: float, reference: str, price: Price | None) -> TrafficPart:
    now = time.time()
    since = (now - period) // step * step + step
    first = time.strftime("%Y-%m-%d", time.gmtime(now - (DAYS - 1) * A_DAY))
    store = _store()
    days = sorted(store.usage(("day",), first), key=lambda day: str(day["day"]))
    if price is not None:
        days = with_savings(days, price)
    known = reference if price is not None else ""
    return TrafficPart(since=since, step=step, stretches=store.traffic(since, step), days=days, reference=known)


def _privacy(remote: bool) -> PrivacyPart:
    audit = Audit(Home.of().store)
    rows = list(audit.rows(since=time.time() - DAYS * A_DAY, here=False if remote else None))[-ROWS:]
    return PrivacyPart(since=audit.coverage().since, rows=rows[::-1])
