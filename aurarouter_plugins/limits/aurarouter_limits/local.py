"""The counter of one machine: the shared file, by a thread of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aurarouter_core import unusable
from aurarouter_limits.book import Book
from aurarouter_limits.counter import Place, Wait
from aurarouter_limits.settings import Limit

log = logging.getLogger(__name__)
T = TypeVar("T")


class Local:
    """Counts for all processes of this user.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._book = Book(path)
        self._thread: ThreadPoolExecutor | None = None

    async def enter(self, name: str, limit: Limit, tokens: int) -> Place | Wait:
        """As on `Counter`.

        Raises:
            Exception: The file can't be used.
        """

        def enter() -> Place | Wait:
            import sqlite3

            try:
                return self._book.enter(name, limit, tokens)
            except (sqlite3.Error, OSError) as error:
                raise unusable(str(self._book.path), self._book.path, error) from error

        work = self._submit(enter)
        try:
            return await asyncio.wrap_future(work)
        except asyncio.CancelledError:
            # It may have been taken just now, for nobody. This is told in whichever thread notices.
            work.add_done_callback(lambda done: self._give_back(done, limit, tokens))
            raise

    async def leave(self, place: Place, limit: Limit, tokens: int) -> None:
        """As on `Counter`."""
        await asyncio.wrap_future(self._submit(lambda: self._book.leave(place, limit, tokens)))

    async def close(self) -> None:
        """Let go of the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.wrap_future(thread.submit(self._book.close))
            thread.shutdown(wait=False)

    def _give_back(self, done: Future[Place | Wait], limit: Limit, tokens: int) -> None:
        if done.cancelled() or done.exception() is not None or self._thread is None:
            return
        place = done.result()
        if isinstance(place, Place):
            self._submit(lambda: self._book.leave(place, limit, -tokens))

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="aurarouter-limits")
        return self._thread.submit(work)
