"""The first run: look for models, choose, write the first file, ask a first prompt; what `aurarouter init` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from attrs import define

from aurarouter_core import Beginning, Home
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.run import Run, told
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.state.worker import Job
from aurarouter_hooks import ConfigError, Task

T = TypeVar("T")


@define
class Row:
    """A model that was found.

    Attributes:
        name, about: What it is called, and what reaches it where.
        doubtful: It is near, but may pass on what it is sent: the user must say whether private content may go there.
        chosen, private: What the user says.
    """

    number: int
    name: str
    about: str
    doubtful: bool
    chosen: bool = True
    private: bool = False


class FirstRun:
    """The wizard's state. Lives on the UI's thread.

    Args:
        link: The way to the kernel.
        changed: Told each time that there is something new to show.

    Attributes:
        step: "looking", "choosing", "writing", "asking".
        rows: What was found, in the order in which to try it.
        built_in: Names of the built-in models.
        path: Where the file goes.
        backup: Where the file that was there is now.
        trouble: What went wrong last.
    """

    def __init__(self, link: Link, changed: Callable[[], None]) -> None:
        self._link = link
        self._changed = changed
        self._beginning: Beginning | None = None
        self._job: Job | None = None
        self.step = "looking"
        self.rows: list[Row] = []
        self.notes: Sequence[str] = ()
        self.built_in: Sequence[str] = ()
        self.path = Beginning.usual_path(str(link.path) if link.path else None)
        self.backup: Path | None = None
        self.trouble: Trouble | None = None
        self.run: Run | None = None

    def _do(self, work: Coroutine[Any, Any, T], then: Callable[[T], None]) -> None:
        def came(result: T) -> None:
            then(result)
            self._changed()

        def failed(error: BaseException) -> None:
            self.trouble = trouble(error)
            self.step = "choosing"
            self._changed()

        self.trouble = None
        self._job = self._link.worker.begin(work, came, failed)
        self._changed()

    def look(self) -> None:
        """Look for models on this machine, and by keys in the environment."""
        self.step = "looking"

        def came(beginning: Beginning) -> None:
            self._beginning = beginning
            self.notes, self.built_in = beginning.notes, beginning.built_in
            self.rows = [
                Row(number, offer.model.id, f"{offer.model.provider} · {beginning.place(offer)}", offer.near)
                for number, offer in enumerate(beginning.found)
            ]
            self.step = "choosing"
            try:
                beginning.require_something()
            except ConfigError as error:
                self.trouble = trouble(error)

        self._do(Beginning.look(self._link.plugins), came)

    @property
    def ready(self) -> bool:
        """There is something to write."""
        return self.step == "choosing" and bool(self.built_in or any(row.chosen for row in self.rows))

    def write(self) -> None:
        """Write the file with what is chosen, in this order, and have the kernel work with it."""
        self.step = "writing"

        def came(backup: Path | None) -> None:
            self.backup, self.step = backup, "asking"

        self._do(self._written([row for row in self.rows if row.chosen]), came)

    async def _written(self, rows: Sequence[Row]) -> Path | None:
        beginning = self._beginning
        assert beginning is not None  # noqa: S101 - it was looked before
        choices = [beginning.take(beginning.found[row.number], private=row.private) for row in rows]
        backup = await asyncio.to_thread(beginning.write, self.path, choices, home=Home.of())
        await self._link.renew()
        return backup

    def ask(self, text: str) -> Run:
        """Ask the first prompt."""
        run = self.run = Run(Task(text))

        def failed(error: BaseException) -> None:
            run.fail(error)
            self._changed()

        self._job = self._link.worker.begin(told(self._link, run, self._changed), failed=failed)
        self._changed()
        return run

    def cancel(self) -> None:
        """Stop what runs."""
        if self._job is not None:
            self._job.cancel()
        if self.run is not None:
            self.run.stop()
