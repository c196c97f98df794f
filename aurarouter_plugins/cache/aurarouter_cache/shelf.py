"""Where answers are kept: in memory, and in the shared file by a thread of its own. A file that fails harms no task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from aurarouter_cache.book import LEASE, Book
from aurarouter_cache.kept import Kept, UnkeepableError
from aurarouter_cache.memory import Memory
from aurarouter_cache.settings import CacheSettings

log = logging.getLogger(__name__)
MEGABYTE, KILOBYTE = 2**20, 2**10
T = TypeVar("T")


class Shelf:
    """The answers of one router.

    Args:
        path: The shared file.
    """

    def __init__(self, path: Path) -> None:
        self._book = Book(path)
        self._memory = Memory()
        self._stamp = self._book.stamp
        self._thread: ThreadPoolExecutor | None = None

    @property
    def stamp(self) -> int:
        """Changes whenever answers are cleared."""
        return self._book.stamp

    def at_hand(self, key: bytes) -> Kept | None:
        """The answer, when it is in memory."""
        stamp = self._book.stamp
        if stamp != self._stamp:
            self._stamp = stamp
            self._memory.clear()
        return self._memory.get(key)

    async def get(self, key: bytes, settings: CacheSettings) -> Kept | None:
        """The answer, while it holds."""
        kept = self.at_hand(key)
        if kept is None and settings.disk:
            kept = await self._try("read", lambda: self._book.look(key), None)
            if kept is not None:
                self._memory.put(key, kept, int(settings.memory * MEGABYTE))
        return kept

    async def put(self, key: bytes, model: str, kept: Kept, settings: CacheSettings, stamp: int) -> None:
        """Keep an answer, if it is small enough and nothing was cleared since the stamp."""
        if self.stamp != stamp:
            return
        try:
            body = kept.json()
        except UnkeepableError:
            return
        if len(body) > settings.largest * KILOBYTE:
            return
        self._memory.put(key, kept, int(settings.memory * MEGABYTE))
        if settings.disk:
            most = int(settings.disk * MEGABYTE)
            await self._try("written", lambda: self._book.put(key, model, kept, body, most, stamp), None)

    async def claim(self, key: bytes) -> bool:
        """Say to other processes that this one gets the answer; False when another one does."""
        return await self._try("claimed", lambda: self._book.claim(key), True)

    @asynccontextmanager
    async def claimed(self, key: bytes) -> AsyncIterator[None]:
        """A block during which a claim stands, however long it takes."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE / 3)
                await self._try("renewed", lambda: self._book.renew(key), None)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            self._submit(lambda: self._book.release(key))

    async def close(self) -> None:
        """Let go of the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            try:
                await asyncio.wrap_future(thread.submit(self._book.close))
            except Exception as error:  # noqa: BLE001 - as below; a claim ends by itself
                log.warning("the cache's file %s can't be closed in order: %s", self._book.path, error)
            finally:
                thread.shutdown(wait=False)

    async def _try(self, what: str, work: Callable[[], T], otherwise: T) -> T:
        try:
            return await asyncio.wrap_future(self._submit_now(work))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a file: a task goes on without it
            log.warning("the cache's file %s can't be %s: %s", self._book.path, what, error)
            return otherwise

    def _submit(self, work: Callable[[], None]) -> None:
        """Do something soon, for which nobody waits."""

        def guarded() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - as above; a claim ends by itself
                log.warning("the cache's file %s can't be used: %s", self._book.path, error)

        self._submit_now(guarded)

    def _submit_now(self, work: Callable[[], T]) -> Future[T]:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="aurarouter-cache")
        return self._thread.submit(work)
