"""Shows on stderr what takes a while: a bar on a terminal, one line elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from aurarouter_core.shown import printable
from aurarouter_hooks import Event, Progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

STEPS = 1000


class ProgressLine:
    """Follows Progress events; goes away as soon as something else happens."""

    def __init__(self) -> None:
        self._bar: ProgressBar[int] | None = None
        self._what = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def see(self, event: Event) -> None:
        """Show an event, if it is progress; else put the bar away."""
        if not isinstance(event, Progress):
            self._end()
            return
        if event.what != self._what:
            self._end()
            self._begin(event.what)
        if self._bar is not None and event.fraction is not None:
            self._bar.update(max(0, int(event.fraction * STEPS) - self._bar.pos))

    def _begin(self, what: str) -> None:
        self._what = what
        shown = printable(what)
        if sys.stderr.isatty():
            self._bar = click.progressbar(length=STEPS, label=shown, file=sys.stderr, show_eta=True)
            self._bar.__enter__()
        else:
            click.echo(f"{shown} …", err=True)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
        self._what = ""
