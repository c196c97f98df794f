"""A file on its way, here or from here: one at a time, with progress; what was broken off goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.state.worker import Job, Worker

if TYPE_CHECKING:
    from aurarouter_hooks import FetchProgress

    Work = Callable[[FetchProgress], Awaitable[str]]
EVERY = 0.1
"""Seconds between two looks at a transfer."""
STOPPED = "Stopped. What is {place} is kept: Resume goes on from there."


@frozen(kw_only=True)
class Progress:
    """How a transfer stands.

    Attributes:
        source: What is on its way.
        got, whole: Bytes; None for a size that nobody has said.
        words: How it ended.
    """

    source: str
    state: Literal["running", "stopped", "failed", "done"] = "running"
    got: int = 0
    whole: int | None = None
    words: str = ""
    trouble: Trouble | None = None

    @property
    def fraction(self) -> float | None:
        """From 0 to 1."""
        return min(1.0, self.got / self.whole) if self.whole else None


class Transfer:
    """Does one transfer at a time. Lives on the UI's thread.

    Args:
        worker: Where it is done.
        told: Told of each step on the UI's thread.

    Attributes:
        progress: How the latest stands; None before the first.
    """

    def __init__(self, worker: Worker, told: Callable[[Progress], None]) -> None:
        self._worker, self._told = worker, told
        self._job: Job | None = None
        self._again: tuple[str, Work, str] | None = None
        self._told_at = 0.0
        self.progress: Progress | None = None

    @property
    def running(self) -> bool:
        """A file is on its way."""
        return self.progress is not None and self.progress.state == "running"

    def begin(self, source: str, work: Work, *, place: str = "here") -> None:
        """Begin, unless another file is on its way.

        Args:
            source: What is on its way, in words.
            work: Does it, tells the bytes so far, and ends with what to say then.
            place: Where what was broken off is kept, in words.
        """
        if self.running:
            return
        self._again = (source, work, place)
        self._tell(Progress(source=source))

        def failed(error: BaseException) -> None:
            got, whole = self._so_far()
            self._tell(Progress(source=source, state="failed", got=got, whole=whole, trouble=trouble(error)))

        self._job = self._worker.begin(self._done(source, work), self._tell, failed)

    async def _done(self, source: str, work: Work) -> Progress:
        def progress(got: int, whole: int | None) -> None:
            now = time.monotonic()
            if now >= self._told_at + EVERY or got == whole:
                self._told_at = now
                self._worker.mailbox.post(lambda: self._on_the_way(Progress(source=source, got=got, whole=whole)))

        words = await work(progress)
        return Progress(source=source, state="done", got=1, whole=1, words=words)

    def resume(self) -> None:
        """Go on with what was broken off."""
        if self._again is not None:
            source, work, place = self._again
            self.begin(source, work, place=place)

    def stop(self) -> bool:
        """Break it off; what has come stays. False when none is on its way."""
        if self._job is None or self.progress is None or self._again is None or not self.running:
            return False
        self._job.cancel()
        got, whole = self._so_far()
        words = STOPPED.format(place=self._again[2])
        self._tell(Progress(source=self.progress.source, state="stopped", got=got, whole=whole, words=words))
        return True

    def _so_far(self) -> tuple[int, int | None]:
        return (self.progress.got, self.progress.whole) if self.progress else (0, None)

    def _on_the_way(self, progress: Progress) -> None:
        if self.running:
            self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        self.progress = progress
        self._told(progress)
