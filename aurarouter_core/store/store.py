"""The store: writes in the background, reads on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aurarouter_core.database import Database
from aurarouter_core.guard import Guard
from aurarouter_core.store.bounds import Keep
from aurarouter_core.store.records import Item
from aurarouter_core.store.schema import STEPS
from aurarouter_core.store.state import StateRow
from aurarouter_core.store.usage import FIGURES, KEYS
from aurarouter_core.store.writer import Writer


class Store:
    """Traces, usage, faults and states, shared by all processes of this user.

    `add` never blocks: when the queue is full the item is dropped and counted. Closing writes what is queued; adding
    afterwards opens it again. Reading never makes the file.

    Raises:
        AuraRouterError: From what reads: the file can't be read, or a newer version wrote it.
    """

    def __init__(self, path: Path, keep: Keep | None = None) -> None:
        self.path = path
        self._database = Database(path, STEPS)
        self._keep = keep or Keep.of()
        self._lock = threading.Lock()
        self._writer: Writer | None = None
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Items that were lost and not yet counted in the file."""
        writer = self._writer
        return self._dropped if writer is None else writer.dropped

    def bound(self, keep: Keep) -> None:
        """How much to keep from now on."""
        with self._lock:
            self._keep = keep
            if self._writer is not None:
                self._writer.keep = keep

    def add(self, item: Item) -> None:
        """Keep a trace, a fault or a state, soon."""
        with self._lock:
            if self._writer is None:
                self._writer = Writer(self._database, self._keep, self._dropped)
            self._writer.add(item)

    def follow(self, guard: Guard) -> None:
        """Keep the faults that plugins have shown and will show."""
        guard.on_fault = self.add
        for fault in guard.faults:
            self.add(fault)

    def close(self) -> None:
        """Write what is queued and end the thread."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:  # nobody else has it any more, so nothing comes after
            writer.close()
            self._dropped = writer.dropped

    def latest(
        self,
        count: int = 20,
        *,
        failed: bool = False,
        model: str | None = None,
        app: str | None = None,
        since: float | None = None,
    ) -> Sequence[dict[str, Any]]:
        """The newest traces as plain data, newest first.

        Args:
            count: How many at most.
            failed: Only those of tasks that failed.
            model: Only those in which this model was tried.
            app: Only those of this asker.
            since: Only those that began at this Unix time or later.
        """
        tried = (
            "EXISTS (SELECT 1 FROM json_each(body, '$.nodes') AS node, json_each(node.value, '$.attempts') AS attempt "
            "WHERE json_extract(attempt.value, '$.model') = ?)"
        )
        wishes: dict[str, Any] = {"started_at >= ?": since, "json_extract(body, '$.app') = ?": app, tried: model}
        given = {sql: value for sql, value in wishes.items() if value is not None}
        where = " AND ".join([*given, *(["ok = 0"] if failed else [])]) or "TRUE"
        return self._bodies(
            f"SELECT body FROM traces WHERE {where} ORDER BY started_at DESC LIMIT ?",  # noqa: S608 - our own words
            (*given.values(), count),
        )

    def find(self, prefix: str) -> Sequence[dict[str, Any]]:
        """Traces whose id or task id begins with these characters, newest first."""
        return self._bodies(
            "SELECT body FROM traces WHERE ?1 IN (substr(id, 1, ?2), substr(task_id, 1, ?2)) "
            "ORDER BY started_at DESC LIMIT 20",
            (prefix, len(prefix)),
        )

    def faults(self) -> Sequence[tuple[str, str, str, int, float]]:
        """(plugin, hook, error, count, last time) of plugins that raised."""
        return self._database.read("SELECT plugin, hook, error, count, last_at FROM faults ORDER BY last_at DESC")

    def states(self) -> Sequence[StateRow]:
        """How models were when somebody last noticed, newest first."""
        names = ("model", "fingerprint", "state", "until", "failures", "detail", "hint", "at")
        rows = self._database.read(f"SELECT {', '.join(names)} FROM states ORDER BY at DESC")  # noqa: S608
        return [StateRow(**dict(zip(names, row, strict=True))) for row in rows]

    def usage(self, by: Sequence[str], since: str = "") -> Sequence[dict[str, Any]]:
        """What was used, summed for each combination of the keys `by` (of `usage.KEYS`); most tokens first.

        Args:
            by: Names of keys; none for one sum of all.
            since: The first day that counts, as YYYY-MM-DD in UTC.
        """
        keys = [key for key in KEYS if key in by]
        sums = [f"sum({name})" for name in FIGURES]
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        rows = self._database.read(
            f"SELECT {', '.join([*keys, *sums])} FROM usage WHERE day >= ? {grouped} "  # noqa: S608 - our own words
            "ORDER BY sum(input_tokens + output_tokens) DESC, sum(tasks) DESC",
            (since,),
        )
        return [dict(zip((*keys, *FIGURES), row, strict=True)) for row in rows if row[len(keys)] is not None]

    def traffic(self, since: float, step: float) -> Sequence[dict[str, Any]]:
        """How much was asked, for each stretch of time in which anything was, in order.

        Args:
            since: Unix time from which on traces count.
            step: Seconds of a stretch.

        Returns:
            `at`, the Unix time at which the stretch begins; `tasks` and how many of them `failed`; the mean `seconds`.
        """
        rows = self._database.read(
            "SELECT CAST(started_at / ? AS INTEGER) * ? AS stretch, count(*), sum(1 - ok), "
            "avg(json_extract(body, '$.seconds')) FROM traces WHERE started_at >= ? GROUP BY stretch ORDER BY stretch",
            (step, step, since),
        )
        return [dict(zip(("at", "tasks", "failed", "seconds"), row, strict=True)) for row in rows]

    def losses(self) -> tuple[int, int]:
        """(records lost in all, processes that ended without closing and lost some)."""
        (row,) = self._database.read(
            "SELECT (SELECT coalesce(sum(count), 0) FROM dropped), (SELECT count(*) FROM ends WHERE lost > 0)"
        ) or [(0, 0)]
        return row[0], row[1]

    def _bodies(self, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        return [json.loads(body) for (body,) in self._database.read(sql, values)]
