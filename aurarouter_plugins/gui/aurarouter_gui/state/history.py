"""What was asked before: this window's own questions, and every kept trace of this user."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, money, seconds, trouble

if TYPE_CHECKING:
    from aurarouter_core import Store

MOST = 500
"""Traces that are looked through."""


@frozen(kw_only=True)
class Past:
    """One task that ended.

    Attributes:
        title: The prompt's beginning; what is known of the task, where prompts are not kept.
        words: Everything that a search looks at.
    """

    id: str
    at: float
    title: str
    about: str
    ok: bool
    private: bool
    words: str = field(repr=False)

    @property
    def when(self) -> str:
        """The time, with the day unless it is today."""
        then, now = time.localtime(self.at), time.localtime()
        today = then[:3] == now[:3]
        return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)


def past(trace: Mapping[str, Any], prompt: str = "") -> Past:
    """A kept trace as a line of the history."""
    decision = trace.get("decision") or {}
    attempts = [attempt for node in trace["nodes"] for attempt in node["attempts"]]
    model = attempts[-1]["model"] if attempts else ""
    prompt = prompt or trace.get("prompt") or ""
    known = " → ".join(filter(None, (decision.get("intent", ""), decision.get("role", ""))))
    first = prompt.strip().partition("\n")[0]
    about = [trace["surface"], known if first else "", model, seconds(trace["seconds"]), money(trace["cost"])]
    error = (trace.get("error") or {}).get("message", "")
    return Past(
        id=trace["id"],
        at=trace["started_at"],
        title=first or known or "task",
        about=" · ".join(filter(None, about)),
        ok=trace["complete"],
        private=trace["private"],
        words="\n".join((prompt, known, model, trace["surface"], error, trace["id"])).casefold(),
    )


def _store() -> Store:
    from aurarouter_core import Home, Store

    return Store(Home.of().store)


class History:
    """Kept traces, newest first, and a search in them. Prompts of this window are known even where none are kept.

    Args:
        link: For the worker.
        changed: Told what there is to show.
        failed: Told why it can't be read.
    """

    def __init__(
        self, link: Link, changed: Callable[[Sequence[Past]], None], failed: Callable[[Trouble], None]
    ) -> None:
        self._link = link
        self._changed = changed
        self._failed = failed
        self._all: Sequence[Past] = ()
        self._search = ""
        self.prompts: dict[str, str] = {}

    def refresh(self) -> None:
        """Read again."""
        self._link.worker.begin(self._read(dict(self.prompts)), self._came, lambda error: self._failed(trouble(error)))

    async def _read(self, prompts: Mapping[str, str]) -> Sequence[Past]:
        traces = await asyncio.to_thread(_store().latest, MOST)
        return [past(trace, prompts.get(trace["id"], "")) for trace in traces]

    async def trace(self, name: str) -> Mapping[str, Any] | None:
        """A kept trace as plain data; None when it is gone."""
        found = await asyncio.to_thread(_store().find, name)
        return found[0] if found else None

    def _came(self, found: Sequence[Past]) -> None:
        self._all = found
        self._show()

    def search(self, text: str) -> None:
        """Show only what has all of these words."""
        self._search = text
        self._show()

    def _show(self) -> None:
        words = self._search.casefold().split()
        self._changed([one for one in self._all if all(word in one.words for word in words)])
